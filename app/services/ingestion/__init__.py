"""From an uploaded file to passages that can be found: receive, read, cut, embed, store, acknowledge.

`ingest.py` drives it; `writer.py` puts a document among a client's documents, all of it or nothing.
"""
