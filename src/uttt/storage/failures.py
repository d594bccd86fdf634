"""The two ways in which storing can fail that are nobody's bug."""


class Behind(Exception):
    """The ply was taken: somebody else moved first. Read what was missed and decide again."""


class Unavailable(Exception):
    """The database did not take it. Nothing of it was stored."""


class Locked(Unavailable):
    """Somebody else kept locked what was needed. Nothing of it was stored, for certain, and all
    else works.
    """
