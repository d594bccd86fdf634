"""Backups: all that is stored, in one file that any of the databases can be restored from.

The format is described in docs/backup-format.md. Nothing here knows clients or running matches.
"""
