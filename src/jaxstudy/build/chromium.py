"""A Chromium of one's own, for a few seconds: open a page, ask it things, print it.

Spoken to over a pair of pipes (`--remote-debugging-pipe`) instead of a WebSocket: no port is opened, and
the browser ends by itself when our end of the pipe closes, even if this process is killed outright.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import signal
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from jaxstudy.errors import FoundWanting, Problem, ToolMissing
from jaxstudy.warm import folder_for_sockets

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
_OWN_SCHEMES = ("file:", "data:", "blob:", "about:", "chrome:")
_FLAGS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-sync",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",  # containers give 64 MB there, and a page that wants more crashes
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-scrollbars",
    "--mute-audio",
    "--password-store=basic",
    "--use-mock-keychain",
    "--force-color-profile=srgb",
    # Whatever a page or the browser itself asks of another host fails at once; this machine may be asked.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
)


def find_chromium() -> str:
    """The browser to start: `$CHROME`, else the first of the usual names on the PATH.

    Raises:
        ToolMissing: there is none, or `$CHROME` names none; says what to install.
    """
    own = os.environ.get("CHROME")
    candidates = [own] if own else [*NAMES, _MAC]
    for name in candidates:
        if found := shutil.which(name):
            return found
    got = f"CHROME={own}, which is no program" if own else "none on the PATH"
    do = "install it (`apt install chromium`, `brew install --cask chromium`) or set CHROME to its path"
    raise ToolMissing(Problem("Chromium or Chrome", got, do))


class Chromium:
    """One headless page, in a private profile that is gone afterwards.

    `errors` holds console errors and uncaught exceptions, `requests` the addresses asked for on other hosts,
    both since the last `open`.
    """

    def __init__(self, size: tuple[int, int] = (1280, 720), patience: float = 30.0) -> None:
        """A page of `size` pixels; any single answer may take `patience` seconds."""
        self.errors: list[str] = []
        self.requests: list[str] = []
        self._size = size
        self._patience = patience
        self._calls = 0
        self._pid = 0
        self._buffer = b""
        self._loads = 0
        self._session = ""

    def __enter__(self) -> Self:
        if os.name != "posix":
            do = "open the deck in a browser and print it from there"
            raise ToolMissing(Problem("Linux or macOS", os.name, do))
        self._profile = Path(tempfile.mkdtemp(prefix="jaxstudy-chromium-"))
        try:
            self._start(find_chromium())
            self._attach()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self, address: str | Path) -> None:
        """Load a page (an address, or a file) and wait for its load event."""
        url = address.resolve().as_uri() if isinstance(address, Path) else address
        self.errors.clear()
        self.requests.clear()
        before = self._loads
        reply = self.call("Page.navigate", url=url)
        if "errorText" in reply:
            raise FoundWanting(Problem(f"a page at {url}", reply["errorText"], "check that it is there"))
        deadline = time.monotonic() + self._patience
        while self._loads == before:
            self._receive(deadline)

    def evaluate(self, script: str) -> Any:
        """The JSON value of a JavaScript expression; a promise is waited for.

        Raises:
            FoundWanting: the expression threw.
        """
        reply = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in reply:
            details = reply["exceptionDetails"]
            said = details.get("exception", {}).get("description", details.get("text", ""))
            raise FoundWanting(Problem("a page that answers", said, "open it in a browser and look at its console"))
        return reply["result"].get("value")

    def press(self, key: str) -> None:
        """Press and release one key: a letter, `Space`, `ArrowRight` …"""
        text = " " if key == "Space" else key if len(key) == 1 else ""
        code = ord(text.upper()) if text else {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}[key]
        name = text or key
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, text=text, windowsVirtualKeyCode=code)

    def resize(self, width: int, height: int, mobile: bool = False) -> None:
        """Give the page another size, in CSS pixels."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)

    def prefer(self, scheme: str) -> None:
        """What `prefers-color-scheme` says to the page: `light` or `dark`."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self) -> bytes:
        """What is seen now, as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def pdf(self) -> bytes:
        """The page printed with its own @page size, backgrounds included."""
        return base64.b64decode(self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"])

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """The result of one DevTools command, sent to the page.

        Raises:
            FoundWanting: the browser refused it, died, or did not answer in time.
        """
        self._calls += 1
        number = self._calls
        message = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._send(message)
        deadline = time.monotonic() + self._patience
        while True:
            reply = self._receive(deadline)
            if reply.get("id") == number:
                if "error" in reply:
                    raise FoundWanting(Problem(method, reply["error"]["message"], "update Chromium"))
                result: dict[str, Any] = reply["result"]
                return result

    def close(self) -> None:
        """End the browser and every process it started, and drop its profile."""
        for end in ("_to", "_from"):
            if (descriptor := self.__dict__.pop(end, None)) is not None:
                os.close(descriptor)
        if self._pid:
            _end_group(self._pid)
            self._pid = 0
        shutil.rmtree(self._profile, ignore_errors=True)

    def _start(self, browser: str) -> None:
        theirs_in, self._to = map(_lifted, os.pipe())
        self._from, theirs_out = map(_lifted, os.pipe())
        flags = [*_FLAGS, f"--user-data-dir={self._profile}", "--window-size={},{}".format(*self._size)]
        if os.geteuid() == 0:
            flags.append("--no-sandbox")  # Chromium refuses to start a sandbox as root
        # It makes a socket in its temporary folder, and ends where the path is too long.
        environment = {**os.environ, "TMPDIR": folder_for_sockets(len("org.chromium.Chromium.123456/SingletonSocket"))}
        log = _lifted(os.open(self._profile / "log", os.O_WRONLY | os.O_CREAT, 0o600))
        wiring = [
            (os.POSIX_SPAWN_DUP2, log, 1),
            (os.POSIX_SPAWN_DUP2, log, 2),
            (os.POSIX_SPAWN_DUP2, theirs_in, 3),
            (os.POSIX_SPAWN_DUP2, theirs_out, 4),
        ]
        try:
            # A group of its own: ending it ends the zygote, the renderers and the network process too.
            self._pid = os.posix_spawn(
                browser, [browser, *flags, "about:blank"], environment, file_actions=wiring, setpgroup=0
            )
        finally:
            for descriptor in (theirs_in, theirs_out, log):
                os.close(descriptor)

    def _attach(self) -> None:
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(target["targetId"] for target in targets if target["type"] == "page")
        self._session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.resize(*self._size)
        self.prefer("light")

    def _send(self, message: dict[str, Any]) -> None:
        try:
            data = json.dumps(message).encode() + b"\0"
            while data:
                data = data[os.write(self._to, data) :]
        except BrokenPipeError:
            raise self._died() from None

    def _receive(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            wait = deadline - time.monotonic()
            if wait <= 0 or not select.select([self._from], [], [], wait)[0]:
                do = "close what else keeps the machine busy, and try again"
                raise FoundWanting(Problem(f"an answer from Chromium in {self._patience:g} s", "none", do))
            chunk = os.read(self._from, 1 << 20)
            if not chunk:
                raise self._died()
            self._buffer += chunk
        raw, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(raw)
        self._note(message.get("method", ""), message.get("params", {}))
        return message

    def _note(self, event: str, params: dict[str, Any]) -> None:
        if event == "Page.loadEventFired":
            self._loads += 1
        elif event == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description") or details["text"])
        elif event == "Runtime.consoleAPICalled" and params["type"] == "error":
            self.errors.append(" ".join(str(arg.get("value", arg.get("description"))) for arg in params["args"]))
        elif event == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(params["entry"]["text"])
        elif event == "Network.requestWillBeSent" and not params["request"]["url"].startswith(_OWN_SCHEMES):
            self.requests.append(params["request"]["url"])

    def _died(self) -> ToolMissing:
        said = (self._profile / "log").read_text(errors="replace").strip()
        last = said.splitlines()[-1] if said else "no word"
        return ToolMissing(Problem("Chromium to start and stay", last, "run `chromium --version`; reinstall it"))


def _end_group(pid: int) -> None:
    """End the whole process group at once and leave no zombie; the profile is private, so nothing is lost."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


def _lifted(descriptor: int) -> int:
    """The same end of a pipe under a number above 9, so that wiring 3 and 4 cannot run over it."""
    import fcntl

    lifted = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(descriptor)
    return lifted
