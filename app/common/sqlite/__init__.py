"""SQLite files from outside, while nobody has them open: are they whole, and what can be saved of one that is not?

Each file here is a program of its own too and imports nothing of ours, so that Chroma's file can be looked at from
another process; see `services/chroma/sql.py`.
"""
