"""Which of a client's passages answer a question.

`visible.py` searches what is acknowledged; `ranking.py` orders what was found.
"""
