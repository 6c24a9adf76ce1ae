"""Which PyPI package brings a module that is not installed, where the two names differ."""

from __future__ import annotations

# Only those met in teaching notebooks: a guess for any other name is the name itself.
_BROUGHT_BY = {
    "PIL": "pillow",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "haiku": "dm-haiku",
    "orbax": "orbax-checkpoint",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "tree": "dm-tree",
    "umap": "umap-learn",
    "yaml": "pyyaml",
}


def distribution_of(module: str) -> str:
    """What to hand to `pip install` for this top-level module."""
    return _BROUGHT_BY.get(module, module)
