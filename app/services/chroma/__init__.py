"""Chroma as this service uses it: collections, and the care for its files.

`collections.py` alone imports it; `gate.py` decides at the start whether the files may be worked on.
"""
