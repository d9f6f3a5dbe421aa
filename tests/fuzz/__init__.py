"""Files as strangers send them: every reader of every kind of file, on mutated real ones, within limits.

    python -m tests.fuzz --seconds 3600

`targets.py` has what is read and by what, `mutations.py` and `structures.py` what is done to a file, and
`run.py` the process that reads, with its limits.
"""
