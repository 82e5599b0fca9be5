"""Copies of all embedded data while it is in use, as archives, and the way back from an archive to folders.

`staging.py` makes the copy, in a folder that looks as a restored one will; `checking.py` opens it as the doctor does;
`service.py` is what a running service has of this; `restoring.py` is the way back.
"""
