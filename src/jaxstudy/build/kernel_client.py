"""A kernel client that does not wait longer than it must."""

from __future__ import annotations

import time
from queue import Empty

from jupyter_client.asynchronous.client import AsyncKernelClient

_REPLY_SECONDS, _ECHO_SECONDS = 1.0, 0.2


class PromptClient(AsyncKernelClient):
    """Ready as soon as both channels answered; jupyter_client's own then waits for 0.2 s of silence.

    Messages left over from the start carry other parents, so whoever runs cells passes them by.
    """

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Return when the kernel has answered, on the shell channel and on iopub.

        Raises:
            RuntimeError: it died, or was silent for `timeout` seconds.
        """
        end = time.monotonic() + (timeout if timeout is not None else float("inf"))
        while not await self._answers():
            if not await self._async_is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > end:
                raise RuntimeError(f"Kernel didn't respond in {timeout:g} seconds")

    async def _answers(self) -> bool:
        """Ask once; False when either channel stayed silent (iopub is deaf until it has subscribed)."""
        asked = self.kernel_info()
        try:
            reply = await self.shell_channel.get_msg(timeout=_REPLY_SECONDS)
            self._handle_kernel_info_reply(reply)
            while True:
                message = await self.iopub_channel.get_msg(timeout=_ECHO_SECONDS)
                idle = message["content"].get("execution_state") == "idle"
                if idle and message["parent_header"].get("msg_id") == asked:
                    return True
        except Empty:
            return False
