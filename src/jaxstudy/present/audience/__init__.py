"""The page on which an audience follows: read-only, in a process of its own that knows no token and no kernel.

`folder` makes the page's files, `eventlog` the state that anybody may copy to a plain file server, `board` the
questions with their limits, `pages` and `server` the process that serves them, `link` the notebook server's end of the
one line between the two, `serving` the owner's side.
"""
