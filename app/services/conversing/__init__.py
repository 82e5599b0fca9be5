"""Answers to turns that are no search: from the catalog, from the conversation, or from whole documents.

`app/services/intents` says what kind of turn a message is; here it gets what its answer needs.
"""
