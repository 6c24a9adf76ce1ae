"""Live: a lecture as slides whose cells run, in a browser, from a working copy.

Light on purpose: `present.server` is a process of its own that must start fast. Names come from the modules.
"""
