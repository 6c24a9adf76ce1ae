"""Kernels that start at once: forked from one process that has imported JAX and its friends already.

Knows nothing of lectures. A builder or a presenter holds a `WarmParent`; Jupyter reaches it through the
kernel provisioner `jaxstudy-warm`, which a kernelspec written by `kernelspec_folder` names. Where no parent
can be reached, or where a forked kernel would not behave as a plain one, a plain kernel starts instead.
"""

from jaxstudy.warm.kernelspec import kernelspec_folder
from jaxstudy.warm.owner import SOCKET_VARIABLE, SWITCH_VARIABLE, WarmParent, available, folder_for_sockets

__all__ = ["SOCKET_VARIABLE", "SWITCH_VARIABLE", "WarmParent", "available", "folder_for_sockets", "kernelspec_folder"]
