"""What `--kernel` may say."""

from __future__ import annotations

from jaxstudy.errors import InputError, Problem, near

CHOICES = {"auto": None, "warm": True, "plain": False}


def warm_for(word: str) -> bool | None:
    """True, False, or None for `auto`.

    Raises:
        InputError: another word.
    """
    if word not in CHOICES:
        got = f"--kernel {word}{near(word, CHOICES)}"
        raise InputError(Problem("one of auto, warm, plain", got, "use one of the three"))
    return CHOICES[word]
