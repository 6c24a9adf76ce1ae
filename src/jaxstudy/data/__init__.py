"""Real small data for lectures, and the switch that says how large a run is.

    digits = load("digits")
    steps = by_size(smoke=50, full=500)

Light on purpose: NumPy is imported when something is loaded. A lecture's notebook carries this room's source along,
so it needs nothing but the standard library, NumPy and `jaxstudy.errors`.
"""

from jaxstudy.data.arrays import DataSet, Split
from jaxstudy.data.loading import load
from jaxstudy.data.size import by_size

__all__ = ["DataSet", "Split", "by_size", "load"]
