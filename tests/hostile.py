"""Submissions that mean harm, each with the marks that its honest answers earn. Written for this repository.

Every one holds two honest functions, `double` and `total`, worth a point each; what is hostile is in `third` (two
points) or at the top of the file.
"""

from __future__ import annotations

HONEST = "import jax.numpy as jnp\n\ndef double(x):\n    return 2 * x\n\ndef total(x):\n    return jnp.sum(x)\n\n"
RIGHT = "def third(x):\n    return x / 3\n"


def _third(body: str, before: str = "") -> str:
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return f"{HONEST}{before}\ndef third(x):\n{lines}\n"


def _top(code: str, third: str = RIGHT) -> str:
    return f"{HONEST}{code.strip()}\n\n{third}"


# Name → (source, marks out of 4). 2: the honest two. 4: what it tries at the top does not get it less or more.
LEAVING = {
    "os_exit": (_third("import os; os._exit(0)"), 2),
    "os_exit_top": (_top("import os\nos._exit(0)"), 4),
    "sys_exit": (_third("import sys; sys.exit(0)"), 2),
    "sys_exit_top": (_top("import sys\nsys.exit(0)"), 4),
    "system_exit_top": (_top("raise SystemExit(0)"), 4),
    "keyboard_interrupt_top": (_top("raise KeyboardInterrupt"), 4),
    "base_exception": (_third("class Odd(BaseException): pass\nraise Odd()"), 2),
    "kill_self": (_third("import os; os.kill(os.getpid(), 9)"), 2),
    "abort": (_third("import os; os.abort()"), 2),
    "segfault": (_third("import ctypes; ctypes.string_at(0)"), 2),
    "exit_at_exit": (_top("import atexit, os\natexit.register(os._exit, 0)"), 4),
    "closed_pipes": (_third("import os\nos.closerange(0, 64)\nreturn x / 3"), 2),
    "deep_recursion": (_third("return third(x)"), 2),
    "deep_recursion_c": (_third("import sys; sys.setrecursionlimit(10**9)\nreturn third(x)"), 2),
    "died_four_times": (
        "import os\nimport jax.numpy as jnp\ndef double(x): os._exit(1)\ndef third(x): os._exit(1)\ndef total(x): os._exit(1)\n",
        0,
    ),
}
HANGING = {
    "loop": (_third("while True: pass"), 2),
    "loop_deaf": (
        _third(
            "import signal\nfor n in range(1, 65):\n    try: signal.signal(n, signal.SIG_IGN)\n    except Exception: pass\nwhile True: pass"
        ),
        2,
    ),
    "sleep_top": (_top("import time\ntime.sleep(1000)"), 4),
    "xla_loop": (
        _third(
            "import jax\nreturn jax.lax.while_loop(lambda c: c[0] > -1, lambda c: (c[0] + 1, c[1] * 1.1), (0, x))[1]"
        ),
        2,
    ),
    "lock": (_third("import threading\na = threading.Lock(); a.acquire(); a.acquire()"), 2),
    "lying_clock": (_third("import time\ntime.monotonic = lambda: 0\nwhile True: time.sleep(1)"), 2),
    "stuck_generator": (_third("def forever():\n    while True: yield x\nreturn list(forever())"), 2),
    "thread_that_outlives": (
        _top("import threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()"),
        4,
    ),
    "alarm": (_top("import signal\nsignal.alarm(1)\nsignal.setitimer(signal.ITIMER_REAL, 0.01)", RIGHT), None),
}
BOMBS = {
    "memory_list": (_third("held = []\nwhile True: held.append(bytearray(1 << 24))"), 2),
    "memory_numpy": (_third("import numpy as np\nheld = []\nwhile True: held.append(np.ones(1 << 22))"), 2),
    "memory_jax": (_third("return jnp.ones((1 << 17, 1 << 17)).sum() * x"), 2),
    "memory_shared": (
        _third(
            "import mmap\nheld = []\nwhile True:\n    m = mmap.mmap(-1, 1 << 26); m.write(b'x' * (1 << 26)); held.append(m)"
        ),
        2,
    ),
    "memory_top": (_top("held = []\nwhile True: held.append(bytearray(1 << 24))"), 4),
    "forks": (_third("import os\nwhile True: os.fork()"), 2),
    "subprocess": (_third("import subprocess\nsubprocess.run(['/bin/sh', '-c', 'sleep 1000 &'])"), 2),
    "multiprocessing": (
        _third("import multiprocessing as m\np = m.Process(target=print); p.start(); p.join()\nreturn p.exitcode"),
        2,
    ),
    "threads": (
        _third("import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(1000,)).start()"),
        2,
    ),
    "disk": (_third("f = open('big', 'wb')\nwhile True: f.write(b'x' * (1 << 20))"), 2),
    "many_files": (_third("n = 0\nwhile True:\n    n += 1; open(f'/tmp/{n}', 'w').write('x' * 4096)"), 2),
    "descriptors": (_third("held = []\nwhile True: held.append(open('/dev/null'))"), 2),
    "output": (_third("while True: print('x' * 10000)"), 2),
    "output_raw": (_third("import os\nwhile True: os.write(2, b'x' * 65536)"), 2),
    "huge_integer": (_third("return 10 ** (10 ** 6)"), 2),
    "huge_answer": (_third("import numpy as np\nreturn np.zeros(1 << 28, np.uint8)"), 2),
    "broadcast_answer": (_third("import numpy as np\nreturn np.broadcast_to(np.float32(1), (10**6, 10**6))"), 2),
    "deep_answer": (_third("a = []\nfor _ in range(100000): a = [a]\nreturn a"), 2),
    "wide_answer": (_third("return [0] * 10**7"), 2),
    "own_loop_answer": (_third("a = []; a.append(a)\nreturn a"), 2),
    "unended_while_pow": (_third("return 9 ** 9 ** 9 ** 9"), 2),
}
FAKING = {
    "patched_allclose": (
        _third("return x", "import numpy as np\nnp.allclose = np.array_equal = lambda *a, **k: True\n"),
        2,
    ),
    "patched_builtins": (
        _third(
            "return x",
            "import builtins\nbuiltins.abs = builtins.max = lambda *a, **k: 0\nbuiltins.all = lambda *a: True\n",
        ),
        0,
    ),  # JAX needs them too
    "patched_json": (_third("return x", "import json\njson.dumps = lambda *a, **k: '{\"passed\": true}'\n"), 2),
    "patched_jax": (
        "import jax\n" + _third("return x", "jax.jit = jax.vmap = jax.grad = lambda f, **k: (lambda *a: 0)\n"),
        2,
    ),
    "fake_pytest": (_third("return x", "import sys, types\nsys.modules['pytest'] = types.ModuleType('pytest')\n"), 2),
    "always_equal": (
        _third(
            "class Same:\n    def __eq__(self, o): return True\n    def __sub__(self, o): return 0\n    def __abs__(self): return 0\nreturn Same()"
        ),
        2,
    ),
    "lying_array": (
        _third(
            "class A:\n    shape = x.shape; dtype = x.dtype\n    def __array__(self, *a, **k): return x\n    def __len__(self): return -1\nreturn A()"
        ),
        2,
    ),
    "lying_class": (
        _third("import numpy as np\nclass A:\n    __class__ = np.ndarray\n    dtype = x.dtype\nreturn A()"),
        2,
    ),
    "array_subclass": (
        _third(
            "import numpy as np\nclass A(np.ndarray):\n    def __eq__(self, o): return True\nreturn np.asarray(x).view(A)"
        ),
        2,
    ),
    "float_subclass": (_third("class F(float):\n    def __sub__(self, o): return 0.0\nreturn F(1.0)"), 2),
    "dict_subclass": (_third("class D(dict):\n    def __getitem__(self, k): return x / 3\nreturn D()"), 2),
    "stack_walk": (
        _third(
            "import sys\nf = sys._getframe()\nwhile f:\n    for v in f.f_locals.values():\n        w = getattr(v, 'wanted', None)\n        if w is not None: return w\n    f = f.f_back\nreturn x"
        ),
        2,
    ),
    "garbage": (
        _third(
            "import gc\nfor o in gc.get_objects():\n    if type(o).__name__ in ('Check', 'CheckResult', 'Findings', 'Reference'): return x / 3\nreturn x"
        ),
        2,
    ),
    "fake_frames": (
        _third(
            "import os\nfor fd in range(3, 20):\n    try: os.write(fd, b'JSW1' + b'\\xff' * 20)\n    except OSError: pass\nreturn x / 3"
        ),
        2,
    ),
    "fake_answer_first": (
        _top(
            "import os\ntry: os.write(8, b'JSW1\\x04' + bytes(19) + b'true')\nexcept OSError: pass",
            "def third(x):\n    return x\n",
        ),
        2,
    ),
    "claims_a_terabyte": (
        _third(
            'import os, struct\nh = b\'{"a": ["float32", [1000000000000]]}\'\nos.write(8, struct.pack("<4sIQQ", b"JSW1", len(h), 4, 0) + h + b"1234")\nreturn x / 3'
        ),
        2,
    ),
    "negative_shape": (
        _third(
            'import os, struct\nh = b\'{"a": ["float32", [-4, -1]]}\'\nos.write(8, struct.pack("<4sIQQ", b"JSW1", len(h), 16, 0) + h + b"1234" * 4)\nreturn x / 3'
        ),
        2,
    ),
    "object_dtype": (_third("import numpy as np\nreturn np.array([x, None], dtype=object)"), 2),
    "pickle_in_array": (_third("import numpy as np\nreturn np.array([lambda: 0])"), 2),
    "string_answer": (_third("return 'passed'"), 2),
    "nan_answer": (_third("return x * float('nan')"), 2),
    "infinite_answer": (_third("return x + float('inf')"), 2),
    "wrong_shape": (_third("return jnp.zeros((0, 7))"), 2),
    "frees_the_worker": (
        _third(
            "import gc\nfor o in gc.get_objects():\n    if type(o).__name__ == 'Answerer': o.answer = lambda r: True\nreturn x"
        ),
        None,
    ),
    "names_of_dunder": (_top("__builtins__ = {}\n__name__ = '__main__'"), None),
}
LOOKING = {
    "hidden_checks": (_third("return open('CHECKS').read()"), 2),
    "environment": (_third("return open('/proc/1/environ').read()"), 2),
    "parent_memory": (_third("import os\nreturn open(f'/proc/{os.getppid()}/mem').read()"), 2),
    "passwords": (_third("return open('/etc/passwd').read()"), 2),
    "list_root": (
        _third(
            "import os\nassert set(os.listdir('/')) - {'home', 'proc', 'tmp', 'cache', 'dev', 'lib', 'lib64', 'usr', 'etc', 'root'}\nreturn x / 3"
        ),
        None,
    ),
    "network": (_third("import socket\nsocket.create_connection(('127.0.0.1', 22), 1)\nreturn x / 3"), 2),
    "udp": (
        _third(
            "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 53))\nreturn x / 3"
        ),
        2,
    ),
    "unix_socket": (_third("import socket\nsocket.socketpair()\nreturn x / 3"), 2),
    "abstract_socket": (_third("import socket\ns = socket.socket(socket.AF_UNIX); s.bind('\\0x')\nreturn x / 3"), 2),
    "write_cache": (_third("open('/cache/planted', 'w').write('x')\nreturn x / 3"), 2),
    "write_library": (
        _third("import os, numpy\nopen(os.path.dirname(numpy.__file__) + '/planted.py', 'w')\nreturn x / 3"),
        2,
    ),
    "write_results": (_third("import os\nos.makedirs('/work', exist_ok=False)\nreturn x / 3"), 2),
    "symlink_out": (_third("import os\nos.symlink('/etc/shadow', 'here')\nreturn open('here').read()"), 2),
    "fifo": (_third("import os\nos.mkfifo('pipe')\nreturn open('pipe').read()"), 2),
    "ptrace": (_third("import ctypes\nassert ctypes.CDLL(None).ptrace(0, 0, 0, 0) == 0\nreturn x / 3"), 2),
    "unshare": (_third("import ctypes\nassert ctypes.CDLL(None).unshare(0x10000000) == 0\nreturn x / 3"), 2),
    "mount": (
        _third("import ctypes\nassert ctypes.CDLL(None).mount(b'x', b'/tmp', b'tmpfs', 0, None) == 0\nreturn x / 3"),
        2,
    ),
    "kill_everybody": (_third("import os\nos.kill(-1, 9)\nreturn x / 3"), 2),
    "become_root": (_third("import os\nos.setuid(0)\nreturn x / 3"), 2),
    "chroot": (_third("import os\nos.chroot('/home')\nreturn x / 3"), 2),
    "raise_limits": (_third("import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))\nreturn x / 3"), 2),
    "outlive_parent": (_third("import ctypes\nassert ctypes.CDLL(None).prctl(1, 0) == 0\nreturn x / 3"), 2),
    "exec": (_third("import os\nos.execv('/bin/sh', ['sh'])"), 2),
    "memfd": (_third("import os\nos.memfd_create('x')\nreturn x / 3"), 2),
}
TALKING = {
    "ansi": (_third("raise ValueError('\\x1b[2J\\x1b[31mPASSED\\x1b[0m\\x07')"), 2),
    "html": (_third("raise ValueError('<script>alert(1)</script>')"), 2),
    "formula": (_third("raise ValueError('=HYPERLINK(\"http://x\")')"), 2),
    "long_message": (_third("raise ValueError('x' * 10**7)"), 2),
    "half_surrogate": (_third("raise ValueError('\\ud800')"), 2),
    "unreadable_message": (_third("class E(Exception):\n    def __str__(self): raise ValueError\nraise E()"), 2),
    "message_that_hangs": (
        _third("class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E()"),
        2,
    ),
    "long_type_name": (_third("raise type('E' * 10**6, (Exception,), {})()"), 2),
    "long_key": (_third("return {'k' * 10**6: x}"), 2),
    "syntax_error": (_top("def broken(:\n    return 1"), 4),
    "null_bytes": (_top("z = '\0'"), 4),
    "latin_1": ((HONEST + "# caf\xe9\n" + RIGHT).encode("latin-1"), 4),
    "utf_16": ((HONEST + RIGHT).encode("utf-16"), 4),
    "bom": (b"\xef\xbb\xbf" + (HONEST + RIGHT).encode(), 4),
    "no_text": (bytes(range(256)) * 20, 0),
    "deep_parentheses": (_top("y = " + "(" * 5000 + ")" * 5000), 4),
    "empty": (b"", 0),
}
HOSTILE = {**LEAVING, **HANGING, **BOMBS, **FAKING, **LOOKING, **TALKING}
