"""Where a student's code lives: its cells are run, its functions are called, its answers become plain data.

The same code answers in the student's own process (`jaxstudy homework check`) and in a sandboxed worker (grading). It
imports neither checks nor results: nothing here knows what a right answer is.
"""
