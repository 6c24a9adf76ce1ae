"""Script → outputs: execute (with cache and warm kernels), notebooks, deck, PDF, and the checks of a lecture.

Light on purpose: `keep` is imported inside lecture kernels. Names come from the modules.
"""
