"""What each client uses, by day, key, model and kind of work, and the budgets that it is held to.

Counts are added up in memory and written once a second: a crash loses that second, and no request waits for a disk.
"""
