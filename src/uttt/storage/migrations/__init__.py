"""Schema versions, one file each in `versions`, run by `schema.py`."""
