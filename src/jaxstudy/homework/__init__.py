"""Practice: an assignment, its release, its checks, and the marks of a whole class.

The process that grades holds the expected values, the hidden checks and the results. The student's code runs in
another process, in a sandbox, and only answers calls. See docs/architecture.md, "Homework" and "Grading".
"""
