"""The two ways in which storing can fail that are nobody's bug."""


class Behind(Exception):  # noqa: N818 - a race, not an error
    """The ply was taken: somebody else moved first. Read what was missed and decide again."""


class Unavailable(Exception):  # noqa: N818 - a state of the database, not an error of the program
    """The database did not take it. Nothing of it was stored."""
