"""Tables, statements and migrations, written once for all databases.

Statements are plain functions of a SQLAlchemy connection, inside whatever transaction it has open;
who opens transactions, in which thread, and how many share one commit is `sqlite.py`. Nothing here
knows clients, messages or sockets.
"""
