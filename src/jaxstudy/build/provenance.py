"""What the last line of a page and of a deck says: what produced the outputs above it."""

from __future__ import annotations

from collections.abc import Mapping


def made_with(versions: Mapping[str, str]) -> str:
    """`jax 0.10.2, flax 0.12.8, Python 3.11.7`: only what is installed."""
    known = {name: number for name, number in versions.items() if number and number != "absent"}
    python = known.pop("python", "")
    shown = [f"{name} {number}" for name, number in known.items()]
    return ", ".join([*shown, *([f"Python {python}"] if python else [])])


def made_of(sources: Mapping[str, str]) -> str:
    """`Data: digits, all 1,797 images, from …; mnist, …`: nothing for no data sets."""
    shown = "; ".join(f"{name}, {says}" for name, says in sources.items())
    return f"Data: {shown}." if shown else ""


def provenance(size: str, versions: Mapping[str, str], sources: Mapping[str, str]) -> str:
    """Size, versions and data in two sentences."""
    return f"Outputs made at the size “{size}” with {made_with(versions)}. {made_of(sources)}".strip()
