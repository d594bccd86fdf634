"""What counts as a name, a password and a session id (protocol sections 3 and 14.8)."""

import re
from typing import Final

MAX_PASSWORD_LENGTH: Final = 128
"""In Unicode code points, not bytes."""

_OF_BOTS: Final = "bot-"
_NAME = re.compile(r"[a-z0-9_-]{3,16}")


def fold_name(raw: object) -> str | None:
    """Return the name in the form in which it is stored, compared and sent; None if it
    is not a name.

    Folds to lower case first and then demands `[a-z0-9_-]{3,16}` of the whole text, so surrounding
    spaces and line breaks make a name invalid.
    """
    if not isinstance(raw, str):
        return None
    folded = raw.lower()
    return folded if _NAME.fullmatch(folded) else None


def is_bot_name(name: str) -> bool:
    """Tell whether a folded name is one that nobody but a bot can take."""
    return name.startswith(_OF_BOTS)


def is_password(raw: object) -> bool:
    """Tell whether `raw` can be a password: a text of 1 to 128 code points that UTF-8 can hold."""
    if not isinstance(raw, str) or not 1 <= len(raw) <= MAX_PASSWORD_LENGTH:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in raw)
