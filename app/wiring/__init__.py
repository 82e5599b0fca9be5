"""How settings become the parts of the service, one file for each group of parts; `bootstrap.py` puts them together.

Only here do constructors meet the settings. What is opened goes onto the caller's stack, which closes it.
"""
