"""When a forked kernel would behave as a plain one does, and when it would not."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from jaxstudy.warm.messages import Request

PLAIN_COMMAND = ("-m", "ipykernel_launcher")
"""What a kernel's command holds after the interpreter."""

INLINE = "module://matplotlib_inline.backend_inline"
"""The backend ipykernel chooses for Matplotlib, unless MPLBACKEND names another."""

# Variables that Python, the C library, the number libraries, JAX, Flax or Matplotlib read once, when they start or
# are imported: in a forked kernel they have been read. Everything else (XLA_FLAGS, CUDA_VISIBLE_DEVICES, PATH, HOME
# …) is read later, in the kernel itself.
_READ_ONCE = (
    *("PYTHON", "LD_", "DYLD_", "LC_", "LANG", "MALLOC_", "GLIBC_"),
    *("OMP_", "GOMP_", "KMP_", "OPENBLAS_", "GOTO_", "MKL_", "BLIS_", "VECLIB_", "NPY_", "NUMPY_", "NUMEXPR_"),
    *("JAX_", "JAXLIB_", "TF_", "FLAX_", "OPTAX_", "ABSL_", "MPL", "MATPLOTLIB"),
)


def why_not(request: Request, environment: Mapping[str, str]) -> str | None:
    """Why a kernel forked from a process started under `environment` would not do as `request` asks.

    None when it would. The answer is a strict one: rather a plain kernel too many than one that differs.
    """
    if (command := _other_command(request.argv)) is not None:
        return command
    if not (cwd := Path(request.cwd)).is_absolute() or not cwd.is_dir() or not os.access(cwd, os.X_OK):
        return f"no working directory {request.cwd!r}"
    if differing := different(request.env, environment):
        return f"{', '.join(differing)} differ{'s' if len(differing) == 1 else ''} from the warm parent's"
    path = request.env.get("PYTHONPATH", "")
    if path and not all(Path(entry).is_absolute() for entry in path.split(os.pathsep)):
        return "PYTHONPATH has a relative entry"
    return None


def different(wanted: Mapping[str, str], had: Mapping[str, str]) -> list[str]:
    """The variables read once that differ between two environments, sorted."""
    names = {name for name in {*wanted, *had} if name.startswith(_READ_ONCE)}
    return sorted(name for name in names if _value(wanted, name) != _value(had, name))


def _value(environment: Mapping[str, str], name: str) -> str | None:
    return environment.get(name, INLINE if name == "MPLBACKEND" else None)


def _other_command(argv: tuple[str, ...]) -> str | None:
    if not argv or _identity(argv[0]) != _identity(sys.executable):
        return f"the kernel wants the interpreter {argv[0]!r}" if argv else "no command"
    if argv[1 : 1 + len(PLAIN_COMMAND)] != PLAIN_COMMAND:
        return f"the kernel's command is not `{' '.join(('python', *PLAIN_COMMAND))}`"
    return None


def _identity(executable: str) -> tuple[Path, Path]:
    # Two virtual environments may link to one interpreter, under one name or several: what they import differs.
    path = Path(executable)
    return path.resolve(), path.absolute().parent
