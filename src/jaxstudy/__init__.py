"""jaxstudy: a lecture is one plain Python script; slides, deck, notebook and study page are made from it."""

__version__ = "0.1.0"
