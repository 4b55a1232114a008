"""The only home of SQL. Every statement runs unchanged on SQLite and PostgreSQL, but for what sqlite.py and postgres.py name."""
