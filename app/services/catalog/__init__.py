"""Which clients, documents, jobs and keys there are: the SQL database `catalog.db` and its migrations.

It is also the journal of the vector store: what is under way is noted here first.
"""
