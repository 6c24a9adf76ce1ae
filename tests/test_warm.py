"""Warm kernels: as good as plain ones, only sooner there; and never one left behind."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager, KernelManager
from jupyter_core.utils import ensure_event_loop
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError

from jaxstudy.warm import SOCKET_VARIABLE, SWITCH_VARIABLE, WarmParent, available, kernelspec_folder
from jaxstudy.warm.likeness import INLINE, different, why_not
from jaxstudy.warm.messages import Request
from jaxstudy.warm.provisioner import WarmProvisioner

# ---------------------------------------------------------------------------------------------- what tests share


@pytest.fixture(scope="module")
def parent() -> Iterator[WarmParent]:
    with WarmParent.start() as parent:
        yield parent


@pytest.fixture
def spec(tmp_path: Path) -> Callable[..., KernelSpecManager]:
    """A manager that knows one kernelspec: warm by `socket`, or plain without, with `environment` added."""

    def make(socket: Path | None, **environment: str) -> KernelSpecManager:
        added = {SOCKET_VARIABLE: str(socket), **environment} if socket else environment
        place = Path(tempfile.mkdtemp(dir=tmp_path))  # one each: specs are also made at the same time, in threads
        folder = kernelspec_folder(place, socket is not None, added)
        return KernelSpecManager(kernel_dirs=[str(folder.parent)])

    return make


def surroundings() -> dict[str, str]:
    """The environment without the variable by which ipykernel, under pytest, leaves file descriptors alone."""
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}


@contextmanager
def kernel(specs: KernelSpecManager, **options: Any) -> Iterator[tuple[KernelManager, Any]]:
    """A running kernel's manager and client."""
    manager = KernelManager(kernel_name="python3", kernel_spec_manager=specs)
    manager.start_kernel(env=surroundings(), **options)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=30)
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        ensure_event_loop().close()  # jupyter_client's own, one a thread, which it never closes


def said(client: Any, code: str) -> str:
    """What `code` prints; its traceback, should it raise."""
    heard: list[str] = []

    def listen(message: dict[str, Any]) -> None:
        content = message["content"]
        heard.append(content.get("text", "") or "\n".join(content.get("traceback", [])))

    client.execute_interactive(code, timeout=30, output_hook=listen)
    return "".join(heard).strip()


def provisioner(manager: Any) -> WarmProvisioner:
    assert isinstance(manager.provisioner, WarmProvisioner)
    return manager.provisioner


@asynccontextmanager
async def notebook(specs: KernelSpecManager, cells: list[str], **options: Any) -> Any:
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=specs)
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    client = NotebookClient(book, km=manager, timeout=30, **options)
    try:
        yield client
    finally:
        if client.kc is not None:
            client.kc.stop_channels()
        await manager.shutdown_kernel(now=True)


async def executed(specs: KernelSpecManager, cells: list[str], **start: Any) -> list[list[dict[str, Any]]]:
    """The outputs of each cell; a cell may raise."""
    async with notebook(specs, cells, allow_errors=True) as client:
        book = await client.async_execute(env=surroundings(), **start)
    return [cell.outputs for cell in book.cells]


def alive(pid: int) -> bool:
    """Whether process `pid` runs; one that is dead and waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def comes_true(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Whether `condition` holds at some moment of the next `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


# ------------------------------------------------------------------------------------------- as a plain kernel does

CELLS = [
    "import os, sys, random, threading, warnings, logging, signal, gc, locale, time, json",
    "print('to stdout'); print('to stderr', file=sys.stderr)",
    "6 * 7",
    "from IPython.display import HTML, Markdown, display\ndisplay(Markdown('*md*')); HTML('<b>bold</b>')",
    "%time 1 + 1",
    "%%time\nsum(range(10))",
    "!echo from the shell; pwd",
    # What is written past Python arrives through a pipe of its own, which the end of the cell does not wait for.
    "os.write(1, b'by descriptor\\n'); os.write(2, b'error by descriptor\\n'); __import__('time').sleep(0.5)",
    "os.getcwd(), __name__, sys.path, sys.prefix",
    "sys.argv[0], sys.argv[1], len(sys.argv), sys.orig_argv[:3], sys.flags, sys.warnoptions",
    "sys.modules['__main__'].__dict__ is globals(), '__file__' in globals(), 'jaxstudy' in sys.modules",
    "1 / 0",
    "def broken(x):\n    return x + 'one'\nbroken(1)",
    "warnings.warn('an old way', DeprecationWarning)\nwarnings.warn('mind')",
    "logging.warning('said by logging'), [str(h) for h in logging.getLogger().handlers]",
    "signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGCHLD)",
    "gc.isenabled(), locale.getlocale(), sys.stdout.encoding, sys.stdin.read(), time.tzname",
    "os.getpid() == os.getpgid(0) == os.getsid(0), sorted(type(t).__name__ for t in threading.enumerate())",
    "import subprocess; subprocess.run(['sh', '-c', 'trap; ulimit -n; umask'], capture_output=True, text=True).stdout",
    "import jax, jax.numpy as jnp, flax.linen as nn, numpy as np, optax\nimport matplotlib, matplotlib.pyplot as plt",
    "print(json.dumps(dict(sorted((k, v) for k, v in os.environ.items() if k != 'JAXSTUDY_WARM_SOCKET'))))",
    "print({k: str(v) for k, v in sorted(jax.config.values.items())})",
    "jax.jit(lambda x: x @ x.T)(jnp.arange(6.0).reshape(2, 3))",
    "jax.debug.print('traced {}', jnp.ones(2)); jax.devices(), jax.random.normal(jax.random.key(0), (2,))",
    "nn.Dense(2).init(jax.random.key(0), jnp.ones((1, 3)))",
    "float(np.linalg.norm(np.linalg.inv(np.eye(300) * 2)))",
    "plt.plot([1, 2, 3]); plt.title('a line');",
    "fig, ax = plt.subplots(); ax.imshow(np.eye(4)); matplotlib.get_backend(), matplotlib.is_interactive()",
    "print(sorted((k, str(v)) for k, v in matplotlib.rcParams.items()))",
    "sorted(os.readlink(entry.path).split(':')[0] for entry in os.scandir('/proc/self/fd') if int(entry.name) < 3)",
    "import socket\nlen([1 for fd in os.listdir('/proc/self/fd') if os.path.exists(f'/proc/self/fd/{fd}')])",
    "await __import__('asyncio').sleep(0.01); 'awaited'",
    "threading.Thread(target=lambda: print('in a thread')).start(); time.sleep(0.1)",
    "class Point:\n    'A point.'\n    x: int = 1\nimport pickle; type(pickle.loads(pickle.dumps(Point())))",
    "import multiprocessing as mp\nmp.get_context('spawn').get_start_method(), mp.parent_process()",
    "input()",
    "get_ipython().run_line_magic('matplotlib', 'inline'); %pwd",
    "'the end'",
]
_VARYING = re.compile(r"0x[0-9a-f]+|ipykernel_\d+|(?<=CPU times: ).*|(?<=Wall time: ).*")


def steady(outputs: list[dict[str, Any]]) -> Any:
    """Outputs without what differs from one plain kernel to the next: addresses, times, the split of a stream."""
    streams: dict[str, str] = {}
    rest = []
    for output in outputs:
        if output["output_type"] == "stream":
            streams[output["name"]] = streams.get(output["name"], "") + output["text"]
        else:
            rest.append(output)
    return _without_varying([streams, rest])


def _without_varying(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_varying(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_varying(inner) for inner in value]
    return _VARYING.sub("…", value) if isinstance(value, str) else value


def test_every_output_of_a_warm_kernel_is_that_of_a_plain_one(
    parent: WarmParent, spec: Callable[..., KernelSpecManager], tmp_path: Path
) -> None:
    async def both() -> list[Any]:
        specs = [spec(path, JAXSTUDY_TRY="é 1") for path in (parent.socket, None)]
        return await asyncio.gather(*(executed(one, CELLS, cwd=str(tmp_path)) for one in specs))

    warm, plain = asyncio.run(both())
    for source, here, there in zip(CELLS, warm, plain, strict=True):
        assert steady(here) == steady(there), source
    figures = [output for outputs in warm for output in outputs if "image/png" in output.get("data", {})]
    assert len(figures) == 2  # equal to the plain kernel's, byte by byte, by the line above
    assert warm[-1][0]["data"]["text/plain"] == "'the end'"


def test_kernels_forked_at_the_same_time_compute_side_by_side(
    parent: WarmParent, spec: Callable[..., KernelSpecManager]
) -> None:
    cell = """
        import jax, jax.numpy as jnp, numpy as np
        x = np.random.rand(400, 400).astype("float32")
        close = np.allclose(jax.jit(lambda a: jnp.sin(a) @ a)(x), np.sin(x) @ x, rtol=1e-3)
        print(close, jax.grad(lambda a: (a**2).sum())(3.0))
    """

    def one(_: int) -> str:
        with kernel(spec(parent.socket)) as (manager, client):
            assert provisioner(manager).plain_because is None
            return said(client, textwrap.dedent(cell))

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(one, range(3))) == ["True 6.0"] * 3


def test_two_kernels_draw_different_random_numbers(parent: WarmParent, spec: Callable[..., KernelSpecManager]) -> None:
    draw = "import random, numpy, tempfile; print(random.random(), numpy.random.rand(), tempfile.mktemp())"
    drawn = []
    for _ in range(2):
        with kernel(spec(parent.socket)) as (_, client):
            drawn.append(said(client, draw).split())
    assert all(one != other for one, other in zip(*drawn, strict=True))


def test_a_kernel_that_is_shut_down_keeps_its_last_promises(
    parent: WarmParent, spec: Callable[..., KernelSpecManager], tmp_path: Path
) -> None:
    (tmp_path / "journal.py").write_text("file = open('journal.txt', 'w')\nfile.write('never closed')\n")
    with kernel(spec(parent.socket), cwd=str(tmp_path)) as (manager, client):
        code = """
            import atexit, journal, pathlib, weakref
            atexit.register(pathlib.Path("atexit.txt").write_text, "left")
            class Thing: pass
            thing = Thing()
            weakref.finalize(thing, pathlib.Path("finalize.txt").write_text, "final")
        """
        assert said(client, textwrap.dedent(code)) == ""
        manager.request_shutdown()
        assert comes_true(lambda: not manager.is_alive())
        assert provisioner(manager).process.returncode == 0
    texts = {path.name: path.read_text() for path in tmp_path.glob("*.txt")}
    assert texts == {"journal.txt": "never closed", "atexit.txt": "left", "finalize.txt": "final"}


def test_output_below_python_goes_where_the_manager_says(
    parent: WarmParent, spec: Callable[..., KernelSpecManager], tmp_path: Path
) -> None:
    with (tmp_path / "out").open("wb") as out, kernel(spec(parent.socket), stdout=out) as (manager, client):
        assert provisioner(manager).plain_because is None
        said(client, "import os, sys; os.write(sys.stdout._original_stdstream_copy, b'past the notebook')")
    assert (tmp_path / "out").read_bytes() == b"past the notebook"


# -------------------------------------------------------------------------------------------------- under control


def test_an_interrupt_ends_the_cell_and_not_the_kernel(
    parent: WarmParent, spec: Callable[..., KernelSpecManager]
) -> None:
    with kernel(spec(parent.socket)) as (manager, client):
        said(client, "kept = 5")
        client.execute("print('begun', flush=True)\nwhile True: pass")
        while client.get_iopub_msg(timeout=30)["content"].get("text", "").strip() != "begun":
            pass
        manager.interrupt_kernel()
        reply = client.get_shell_msg(timeout=30)
        assert reply["content"]["ename"] == "KeyboardInterrupt"
        assert said(client, "print(kept)") == "5"


def test_a_restarted_kernel_is_warm_and_new(parent: WarmParent, spec: Callable[..., KernelSpecManager]) -> None:
    with kernel(spec(parent.socket)) as (manager, client):
        first = provisioner(manager).pid
        said(client, "old = 1")
        manager.restart_kernel()
        client.wait_for_ready(timeout=30)
        assert provisioner(manager).plain_because is None
        assert provisioner(manager).pid != first and not alive(first)
        assert said(client, "print('old' in globals())") == "False"


@pytest.mark.parametrize(("act", "status"), [("kill", -signal.SIGKILL), ("terminate", -signal.SIGTERM)])
def test_a_kernel_ended_by_a_signal_tells_which(
    act: str, status: int, parent: WarmParent, spec: Callable[..., KernelSpecManager]
) -> None:
    with kernel(spec(parent.socket)) as (manager, _):
        process = provisioner(manager).process
        asyncio.run(getattr(manager.provisioner, act)())
        assert comes_true(lambda: not manager.is_alive())
        assert process.wait() == status


def test_a_kernel_that_exits_in_a_cell_is_noticed(parent: WarmParent, spec: Callable[..., KernelSpecManager]) -> None:
    async def run() -> int:
        async with notebook(spec(parent.socket), ["import os; os._exit(3)"]) as client:
            with pytest.raises(DeadKernelError):
                await client.async_execute()
            return int(client.km.provisioner.process.returncode)

    assert asyncio.run(run()) == 3


def test_jupyter_server_starts_interrupts_restarts_and_ends_warm_kernels(parent: WarmParent, tmp_path: Path) -> None:
    kernelspec_folder(tmp_path, True, {})
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    options = {"ip": "127.0.0.1", "port": port, "open_browser": False, "allow_root": True, "root_dir": tmp_path}
    command = [
        sys.executable,
        "-m",
        "jupyter_server",
        *(f"--ServerApp.{key}={value}" for key, value in options.items()),
    ]
    places = {f"JUPYTER_{place}": str(tmp_path) for place in ("PATH", "CONFIG_DIR", "RUNTIME_DIR", "DATA_DIR")}
    environment = {**os.environ, SOCKET_VARIABLE: str(parent.socket), **places}
    server = subprocess.Popen(
        [*command, "--IdentityProvider.token=t"], env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )

    def ask(method: str, path: str) -> Any:
        url, body = f"http://127.0.0.1:{port}/api/{path}", b"{}" if method == "POST" else None
        request = urllib.request.Request(url, body, {"Authorization": "token t"}, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def up() -> bool:
        try:
            return bool(ask("GET", "status"))
        except OSError:
            return False

    try:
        before = forked(parent)
        assert comes_true(up, 30)
        identity = ask("POST", "kernels")["id"]
        (first,) = forked(parent) - before
        ask("POST", f"kernels/{identity}/interrupt")
        assert forked(parent) - before == {first}
        ask("POST", f"kernels/{identity}/restart")
        (second,) = forked(parent) - before
        assert second != first
        ask("DELETE", f"kernels/{identity}")
        assert comes_true(lambda: forked(parent) == before)
    finally:
        server.terminate()
        server.wait(10)


def forked(parent: WarmParent) -> set[int]:
    """The living kernels of `parent`."""
    return {child.pid for child in psutil.Process(parent.pid).children() if alive(child.pid)}


# --------------------------------------------------------------------------------------------- nothing left behind

OWNER = """
    import os, sys, time
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import KernelManager
    from pathlib import Path
    from jaxstudy.warm import WarmParent, kernelspec_folder
    if __name__ == "__main__":
        parent = WarmParent.start()
        folder = kernelspec_folder(Path(sys.argv[1]), True, {"JAXSTUDY_WARM_SOCKET": str(parent.socket)})
        specs = KernelSpecManager(kernel_dirs=[str(folder.parent)])
        pids = [parent.pid]
        if sys.argv[2] == "later":
            manager = KernelManager(kernel_name="python3", kernel_spec_manager=specs)
            manager.start_kernel()
            client = manager.client()
            client.start_channels()
            client.wait_for_ready(timeout=30)
            pids.append(manager.provisioner.pid)
            started = []
            client.execute_interactive(
                "import subprocess; print(subprocess.Popen(['sleep', '600']).pid)",
                output_hook=lambda message: started.append(message["content"].get("text", "")),
            )
            pids.append(int("".join(started)))
        if not (sibling := os.fork()):  # as a pool of workers does, it holds a copy of every socket and pipe
            time.sleep(600)
        print(sibling, parent.socket, *pids, flush=True)
        time.sleep(600)
"""


@pytest.mark.parametrize("moment", ["later", "at once"])
def test_when_the_owner_is_killed_nothing_is_left(moment: str, tmp_path: Path) -> None:
    script = tmp_path / "owner.py"
    script.write_text(textwrap.dedent(OWNER))
    with subprocess.Popen([sys.executable, "-W", "ignore", script, tmp_path, moment], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        sibling, path, *pids = owner.stdout.readline().split()
        try:
            assert len(pids) == (3 if moment == "later" else 1) and all(alive(int(pid)) for pid in pids)
            owner.kill()
            assert comes_true(lambda: not any(alive(int(pid)) for pid in pids))
            assert comes_true(lambda: not Path(os.fsdecode(path)).parent.exists())
        finally:
            os.kill(int(sibling), signal.SIGKILL)


def test_when_the_parent_is_killed_no_kernel_is_left(spec: Callable[..., KernelSpecManager]) -> None:
    with WarmParent.start() as parent, kernel(spec(parent.socket)) as (manager, client):
        child = int(said(client, "import subprocess; print(subprocess.Popen(['sleep', '600']).pid)"))
        os.kill(parent.pid, signal.SIGKILL)
        pid = provisioner(manager).pid
        assert comes_true(lambda: not alive(pid))
        assert comes_true(lambda: not manager.is_alive())
        assert provisioner(manager).process.returncode == -signal.SIGKILL
        assert comes_true(lambda: not alive(child))


def test_a_closed_parent_takes_its_kernels_and_its_folder_along(spec: Callable[..., KernelSpecManager]) -> None:
    parent = WarmParent.start()
    assert parent.socket.parent.stat().st_mode & 0o777 == 0o700
    with kernel(spec(parent.socket)) as (manager, _):
        assert provisioner(manager).plain_because is None  # asked for at once: the request waited for the imports
        parent.close()
        assert not alive(provisioner(manager).pid) and not alive(parent.pid)
        assert not parent.socket.parent.exists()
        parent.close()


def test_a_connection_that_closes_ends_its_kernel_and_no_other(
    parent: WarmParent, spec: Callable[..., KernelSpecManager]
) -> None:
    with kernel(spec(parent.socket)) as (manager, client):
        before = forked(parent)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(parent.socket))
            request = Request((sys.executable, "-m", "ipykernel_launcher"), "/", dict(os.environ))
            socket.send_fds(connection, [request.encode()], [1, 2])
            pid = json.loads(connection.recv(4096))["pid"]
            assert forked(parent) == before | {pid}
        assert comes_true(lambda: forked(parent) == before)
        assert manager.is_alive() and said(client, "print('here')") == "here"


# ----------------------------------------------------------------------------------------------- always a kernel


def test_a_variable_read_at_import_reaches_the_kernel(
    parent: WarmParent, spec: Callable[..., KernelSpecManager]
) -> None:
    def floats(parent: WarmParent, **wanted: str) -> tuple[str, str | None]:
        with kernel(spec(parent.socket, **wanted)) as (manager, client):
            said_floats = said(client, "import jax.numpy as jnp; print(jnp.ones(1).dtype)")
            return said_floats, provisioner(manager).plain_because

    differs = "JAX_ENABLE_X64 differs from the warm parent's"
    assert floats(parent, JAX_ENABLE_X64="1") == ("float64", differs)
    with WarmParent.start({**os.environ, "JAX_ENABLE_X64": "1"}) as wide:
        assert floats(wide, JAX_ENABLE_X64="1") == ("float64", None)
        assert floats(wide, JAX_ENABLE_X64="0") == ("float32", differs)


def test_a_variable_read_later_reaches_a_warm_kernel(
    parent: WarmParent, spec: Callable[..., KernelSpecManager]
) -> None:
    flags = "--xla_force_host_platform_device_count=3"
    with kernel(spec(parent.socket, XLA_FLAGS=flags, TZ="Asia/Kolkata")) as (manager, client):
        assert provisioner(manager).plain_because is None
        assert said(client, "import jax, time; print(jax.device_count(), time.tzname[0])") == "3 IST"


@pytest.mark.parametrize("reason", ["names no warm parent", "did not answer", "switched off"])
def test_without_a_parent_a_plain_kernel_starts(
    reason: str,
    parent: WarmParent,
    spec: Callable[..., KernelSpecManager],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if reason == "switched off":
        monkeypatch.setenv(SWITCH_VARIABLE, "0")
    path = tmp_path / "nobody" if reason == "did not answer" else parent.socket
    added = {SOCKET_VARIABLE: ""} if reason == "names no warm parent" else {}
    with kernel(spec(path, **added)) as (manager, client):
        assert reason in str(provisioner(manager).plain_because)
        assert said(client, "print('here')") == "here"


def test_a_start_that_a_fork_cannot_honour_is_a_plain_one(
    parent: WarmParent, spec: Callable[..., KernelSpecManager]
) -> None:
    with kernel(spec(parent.socket), stdout=subprocess.DEVNULL) as (manager, client):
        assert "a pipe of its own" in str(provisioner(manager).plain_because)
        assert said(client, "print('here')") == "here"


def test_a_parent_with_threads_forks_nothing(spec: Callable[..., KernelSpecManager], tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    start = "import threading, time; threading.Thread(target=time.sleep, args=(600,), daemon=True).start()"
    (tmp_path / "own" / "sitecustomize.py").write_text(start)
    threaded = {"PYTHONPATH": str(tmp_path / "own")}
    with (
        WarmParent.start({**os.environ, **threaded}) as parent,
        kernel(spec(parent.socket, **threaded)) as (manager, client),
    ):
        assert "left 2 threads running" in str(provisioner(manager).plain_because)
        assert said(client, "print('here')") == "here"


def request(**changes: Any) -> Request:
    fields = {"argv": (sys.executable, "-m", "ipykernel_launcher", "-f", "x"), "cwd": "/", "env": {}}
    return Request(**{**fields, **changes})


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (request(), None),
        (request(env={"MPLBACKEND": INLINE, "HOME": "/", "XLA_FLAGS": "x"}), None),
        (request(env={"PYTHONPATH": "/a"}), "PYTHONPATH differs"),
        (request(env={"OMP_NUM_THREADS": "1", "LANG": "C"}), "LANG, OMP_NUM_THREADS differ "),
        (request(env={"MPLBACKEND": "agg"}), "MPLBACKEND differs"),
        (request(cwd="/nowhere"), "no working directory '/nowhere'"),
        (request(cwd="relative"), "no working directory"),
        (request(argv=("/usr/bin/env", "-m", "ipykernel_launcher")), "the interpreter '/usr/bin/env'"),
        (request(argv=(sys.executable, "-Xdev", "-m", "ipykernel_launcher")), "command is not"),
        (request(argv=()), "no command"),
    ],
)
def test_the_parent_refuses_what_it_could_not_do_alike(asked: Request, reason: str | None) -> None:
    answer = why_not(asked, {})
    assert answer is None if reason is None else answer is not None and reason in answer


def test_a_relative_pythonpath_is_refused_as_it_depends_on_the_folder() -> None:
    environment = {"PYTHONPATH": "src"}
    assert different(environment, environment) == []
    assert why_not(request(env=environment), environment) == "PYTHONPATH has a relative entry"


def test_a_request_survives_its_journey_with_any_bytes_in_it() -> None:
    asked = request(env={"A": "ü\nnext", "B": os.fsdecode(b"\xff\xfe")})
    line = asked.encode()
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert Request.decode(line) == asked


# ------------------------------------------------------------------------------------------------- from the outside


def test_the_kernelspec_shadows_python3_and_is_the_same_command_warm_or_plain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = set()
    for warm in (True, False):
        folder = kernelspec_folder(tmp_path / str(warm), warm, {"COURSE": "jax"})
        assert folder == tmp_path / str(warm) / "kernels" / "python3"
        monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / str(warm)))
        found = KernelSpecManager().get_kernel_spec("python3")
        assert found.resource_dir == str(folder)
        assert found.env["COURSE"] == "jax"
        assert ("kernel_provisioner" in found.metadata) == warm
        assert sorted(path.suffix for path in folder.iterdir()) == [".json", ".png", ".png", ".svg"]
        commands.add(tuple(found.argv))
    assert len(commands) == 1 and commands.pop()[0] == sys.executable


def test_the_socket_path_is_short_enough_wherever_temporary_files_live(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("long" * 25)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    with WarmParent.start() as parent:
        assert len(str(parent.socket)) < 100 and parent.socket.is_socket()
    assert list(deep.iterdir()) == []


def test_one_variable_switches_warm_kernels_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SWITCH_VARIABLE, raising=False)
    assert available()
    monkeypatch.setenv(SWITCH_VARIABLE, "0")
    assert not available()
