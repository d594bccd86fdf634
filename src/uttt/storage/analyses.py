"""Statements about analyses: what an engine has found out about a finished match, kept as JSON.

Never how one is made. What is kept can always be made anew: what cannot be read is as good as none.
"""

from typing import Final

import msgspec
from sqlalchemy import Connection, delete, insert, select

from uttt.domain.analysis import Analysis
from uttt.storage.endings import lock_matches
from uttt.storage.tables import analyses

_decoder: Final = msgspec.json.Decoder(Analysis)
_encoder: Final = msgspec.json.Encoder()


def find(connection: Connection, match_id: int) -> Analysis | None:
    """Return the analysis of a match, if there is one that this version of the program can read."""
    content = connection.scalar(select(analyses.c.content).where(analyses.c.match_id == match_id))
    if content is None:
        return None
    try:
        return _decoder.decode(content)
    except msgspec.MsgspecError:
        return None


def keep(connection: Connection, match_id: int, analysis: Analysis, now: int) -> bool:
    """Keep the analysis of a match in the place of the one before. Returns False, and keeps
    nothing, if the match is gone.
    """
    # two nodes may have analysed it at the same time: the lock lets one write after the other
    if not lock_matches(connection, [match_id]):
        return False
    connection.execute(delete(analyses).where(analyses.c.match_id == match_id))
    content = _encoder.encode(analysis).decode()
    connection.execute(
        insert(analyses).values(
            match_id=match_id, engine=analysis.engine, made_at=now, content=content
        )
    )
    return True
