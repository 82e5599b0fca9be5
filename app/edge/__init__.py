"""What happens to a connection before the application hears of it, and when the service ends.

`protocol.py` bounds a request's head in size and time, `connections.py` the number of connections, `server.py` puts
both into uvicorn's server however it was started. `bodies.py` bounds a request's body. `drain.py` ends what is under
way when the service is told to stop. `paths.py` knows a request's path without the prefix of a proxy.
"""
