"""What handlers ask for, as annotated parameters: parts of the service, who is asking, whose things it is about.

`services.py` has the services, one by one; `callers.py` who is asking; `clients.py` and `owners.py` turn what a request
names into the client that it is about; `uploads.py` reads multipart forms.
"""
