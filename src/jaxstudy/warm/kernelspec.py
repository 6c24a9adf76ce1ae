"""The kernelspec through which Jupyter finds warm kernels, or plain ones."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jaxstudy.warm.likeness import PLAIN_COMMAND

PROVISIONER = "jaxstudy-warm"
"""The name under which `WarmProvisioner` is registered with jupyter_client."""


def kernelspec_folder(destination: Path, warm: bool, environment: Mapping[str, str]) -> Path:
    """Write the kernelspec `python3` under `destination`, which, in JUPYTER_PATH, shadows any other of that name.

    It starts this very interpreter, with the variables of `environment` added; warm or plain, the command is the
    same. Returns the spec's folder, `destination/kernels/python3`.
    """
    folder = destination / "kernels" / "python3"
    folder.mkdir(parents=True, exist_ok=True)
    _copy_logos(folder)
    beside = folder / f".kernel.json.{os.getpid()}"
    beside.write_text(json.dumps(_spec(warm, environment), indent=1), encoding="utf-8")
    beside.replace(folder / "kernel.json")
    return folder


def _spec(warm: bool, environment: Mapping[str, str]) -> dict[str, Any]:
    metadata: dict[str, Any] = {"debugger": True, "supported_encryption": ["curve"]}
    if warm:
        metadata["kernel_provisioner"] = {"provisioner_name": PROVISIONER}
    return {
        # The log level: else each start says on stderr that the connection, within this machine, is not encrypted.
        "argv": [sys.executable, *PLAIN_COMMAND, "-f", "{connection_file}", "--log-level=ERROR"],
        "display_name": "Python 3",
        "language": "python",
        "metadata": metadata,
        "kernel_protocol_version": "5.5",
        # As ipykernel's own installer sets it: debugpy otherwise warns on stderr at each start.
        "env": {"PYDEVD_DISABLE_FILE_VALIDATION": "1", **environment},
    }


def _copy_logos(folder: Path) -> None:
    """The pictures a notebook page shows for the kernel: without them it asks in vain."""
    ipykernel = find_spec("ipykernel")
    for place in (ipykernel.submodule_search_locations or []) if ipykernel else []:
        for logo in Path(place, "resources").glob("logo-*"):
            shutil.copyfile(logo, folder / logo.name)
