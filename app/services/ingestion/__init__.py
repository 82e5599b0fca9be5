"""From an uploaded file to passages that can be found: receive, read, cut, embed, store, acknowledge.

`uploads.py` takes files in while their sender waits; `ingest.py` drives the steps. The library stores the document.
"""
