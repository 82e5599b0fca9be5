"""What a client owns and may do: documents, keys, settings, limits; creating and erasing clients.

Routes call this; every method takes the client's id first.
"""
