"""A peer: jupyter-cache's own parallel executor (execution only, it makes no pages)."""

from __future__ import annotations

import sys

sys.path.insert(0, sys.argv[1])

from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor

if __name__ == "__main__":
    cache = get_cache(".jupyter_cache")
    for name in sys.argv[2:]:
        cache.add_nb_to_project(name)
    result = load_executor("local-parallel", cache=cache).run_and_cache(timeout=600)
    print(result)
    sys.exit(bool(result.failed()) if callable(getattr(result, "failed", None)) else 0)
