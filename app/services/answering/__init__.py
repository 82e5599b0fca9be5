"""What a question needs besides passages: follow-ups, prompts, answers from a model or quoted, citations.

`rag_chain.py` drives it; `types.py` holds the values that pass between the parts.
"""
