"""Reading uploads in child processes that can be killed.

`pool.py` is what ingestion calls; `child.py` runs in the child, `wire.py` is what passes between them.
"""
