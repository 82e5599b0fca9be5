"""A second opinion on the order of passages: from a reranker's server, or from the language model.

`endpoint.py` asks the one, `listwise.py` the other; `service.py` makes passages of what they say, and does without it
when they fail.
"""
