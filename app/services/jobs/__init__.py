"""Background uploads: durable jobs, turns between clients, progress, cancel, retry.

`service.py` is what routes call, `following.py` what they watch; `worker.py` works on one file after the other, and
`retrying.py` says which are tried again.
"""
