"""Texts and questions become vectors.

`opening.py` has the interface and opens the model; `onnx.py` and `torch.py` run it.
"""
