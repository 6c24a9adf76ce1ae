"""What to type to get a package, an extra, or another jaxstudy: words that work for this very installation.

No index has a package of our name, so `pip install jaxstudy` would fail, or one day bring a stranger's. An extra is
therefore asked for by the packages it stands for, with their versions: that needs no place of ours, and works wherever
the kit came from. The kit itself is named by where it came from, as its installer wrote down (PEP 610).
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

KIT = "jaxstudy"
_REQUIREMENT = re.compile(r"^(?P<name>[\w.-]+)(?:\[(?P<extras>[^]]*)])?(?P<version>[^;]*)(?:;(?P<marker>.*))?$")
_OF_EXTRA = re.compile(r"""extra\s*==\s*['"]([\w-]+)['"]""")


def install_words(*packages: str) -> str:
    """The command that installs packages where this jaxstudy runs, by whatever set it up: pip, pipx or uv."""
    return " ".join([_installer(), *map(shlex.quote, packages)])


def extra_words(extra: str) -> str:
    """The command that installs what the extra stands for: its packages, with the versions we ask for."""
    return install_words(*packages_of(extra))


def packages_of(extra: str) -> list[str]:
    """Requirements of an extra (`site`, `asr` …), those of extras it names included; empty for one we don't have."""
    found: list[str] = []
    for line in _requires():
        match = _REQUIREMENT.match(line)
        marker = _OF_EXTRA.search((match and match["marker"]) or "")
        if not match or not marker or marker[1] != extra:
            continue
        if match["name"] == KIT:
            found += [item for name in match["extras"].split(",") for item in packages_of(name.strip())]
        else:
            found.append(match["name"] + match["version"].strip())
    return sorted(set(found))


def names_of(extra: str) -> list[str]:
    """The packages that an extra brings, without versions."""
    return [_name(line) for line in packages_of(extra)]


def requirements_of(names: Iterable[str]) -> list[str]:
    """The kit's own packages with the versions that it asks for: `jax` → `jax>=0.10`."""
    asked = [line.partition(";")[0].strip() for line in _requires() if "extra ==" not in line]
    return [line for name in names for line in asked if _name(line) == name]


def update_words() -> str:
    """How to get a newer kit."""
    match kit_source():
        case "":
            return "install a newer jaxstudy, from where you have this one"
        case source if source.startswith("git+"):
            there = source.rpartition("@")[0] if "@" in source.rpartition("/")[2] else source
            return install_words("--upgrade", f"{KIT} @ {there}")
        case source if _is_editable():
            return f"get the newest sources into {source} (git pull)"
        case source if source.endswith(".whl"):
            return f"{install_words('--upgrade')} a newer wheel than {source}"
        case source:
            return f"get the newest sources into {source}, then {install_words('--upgrade', source)}"


def kit_source() -> str:
    """Where this jaxstudy came from: `git+https://…@commit`, an address, a folder or a wheel. Empty if nobody knows.

    A folder or wheel that is no longer there is not named.
    """
    about = _direct_url()
    url = str(about.get("url", ""))
    if vcs := about.get("vcs_info"):
        commit = vcs.get("commit_id") or vcs.get("requested_revision")
        return f"{vcs.get('vcs', 'git')}+{url}" + (f"@{commit}" if commit else "")
    if url.startswith("file:"):
        from urllib.parse import unquote, urlsplit

        path = unquote(urlsplit(url).path)
        return path if Path(path).exists() else ""
    return url


def _name(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement)[0]


def _requires() -> list[str]:
    from importlib import metadata  # takes 8 ms, and few ask

    return metadata.requires(KIT) or []


def _is_editable() -> bool:
    return bool(_direct_url().get("dir_info", {}).get("editable"))


def _direct_url() -> dict[str, Any]:
    import json
    from importlib import metadata

    try:
        text = metadata.distribution(KIT).read_text("direct_url.json")
        found = json.loads(text or "{}")
    except (metadata.PackageNotFoundError, ValueError, OSError):
        return {}
    return found if isinstance(found, dict) else {}


def _installer() -> str:
    """Up to where the packages' names stand."""
    place = Path(sys.prefix)
    if (place / "pipx_metadata.json").is_file():
        return f"pipx inject {shlex.quote(place.name)}"
    from importlib.util import find_spec

    python = shlex.quote(_short(sys.executable))
    if find_spec("pip") is None:  # environments that uv makes have none
        return f"uv pip install --python {python}"
    return f"{python} -m pip install"


def _short(path: str) -> str:
    """As people would type it: relative where it lies below the working directory, `python` where that is this one."""
    if os.environ.get("VIRTUAL_ENV") == sys.prefix:
        return "python"
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return path


def called(folder: Path) -> str:
    """How to call the command line again, from the folder: `jaxstudy`, or its path where no PATH leads to it."""
    short = _short if folder.resolve() == Path.cwd() else str
    script = Path(sys.argv[0])
    if script.name != KIT:
        return f"{shlex.quote(short(sys.executable))} -m {KIT}"
    from shutil import which

    found = which(KIT)
    if found and os.path.realpath(found) == os.path.realpath(script):
        return KIT
    return shlex.quote(short(os.path.abspath(script)))  # noqa: PTH100 - a link is the name it is called by
