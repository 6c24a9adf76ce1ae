"""A second kernel that follows the talk silently, so that no jump, crash or late start costs the audience a wait.

`rehearsal` is what the last build of the lecture knows (code, times, outputs, kept values), written for the server as
JSON. `kernel` is one kernel that runs the script's cells by itself; `keeper` decides where it should stand, and puts it
in the place of the presenter's own. The last two live in the notebook server's process.
"""
