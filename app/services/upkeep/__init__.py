"""What runs without being asked: recovery after a crash, repair, expiry of sessions, inspection by the doctor.

Nothing here is on the path of a request.
"""
