"""What knows where the talk is: the stage tells a hub, the hub tells the speaker's window.

`plan` is the lecture as a talk, `pacing` its minutes against the clock, `talks` what earlier talks took. `hub` and
`pages` live in the notebook server's process; nothing here ever touches the kernel.
"""
