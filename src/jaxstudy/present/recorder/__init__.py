"""Writes a talk down as it happens: what was shown, run and asked, and what came of it.

`Recorder` hears the stage through the hub, and the kernels through `tap`, from the server's side; `runs` joins the two
into events, `outputs` and `limits` say what of an output is kept, `tape` is the file. Nothing in here may disturb the
talk: what goes wrong ends the recording, with one warning.
"""
