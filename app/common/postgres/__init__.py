"""PostgreSQL: transactions that name their client, what its errors mean, and how its schemas are brought up to date.

What is in the tables is known to the stores alone. Importing this loads no driver: `database` does.
"""
