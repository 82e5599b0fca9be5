"""What kind of turn a message is: rules for what is certain, in several languages. Doubt means search.

Nothing here reads documents or asks a model: the message and the conversation before it are all there is.
"""
