"""What every layer may use: errors, ids, logging, the SQL database, reading files."""
