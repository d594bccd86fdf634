"""Brings matches: open ones, ended ones of which somebody is to be told, and ends that were missed.

None has a journal: its moves are not known. It begins here with the position as its setup.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from sqlalchemy import Connection, delete, insert, select

from uttt.storage import endings
from uttt.storage.classic import brought, residents, wanted
from uttt.storage.classic.brought import Match
from uttt.storage.classic.source import Rows, Source
from uttt.storage.classic.tally import Reason, Skipped, Tally, Terms
from uttt.storage.classic.wanted import SourceMatch, Wanted
from uttt.storage.tables import matches, moves, seats
from uttt.storage.work import Entry


class Matches:
    """One import of matches, whose players are here already.

    `reopened`: public ids of matches that `brought.reopen` has removed, to be ended again.
    """

    def __init__(
        self, connection: Connection, terms: Terms, tally: Tally, reopened: set[str]
    ) -> None:
        self._connection = connection
        self._terms = terms
        self._tally = tally
        self._reopened = reopened
        self._kept: set[int] = set()  # some dozen bytes for each match of the source

    def bring(self, source: Source) -> None:
        """Bring all matches, and remove those that the source has no longer."""
        for rows in source.matches():
            self._bring(rows)
            self._terms.advance("matches", len(rows))
        self._remove_gone()

    def _bring(self, rows: Rows) -> None:
        readable = list(self._readable(rows))
        candidates = list(self._with_players(readable))
        known = {
            match.public_id: match
            for match in brought.find(
                self._connection, matches.c.public_id, [c.source.public_id for c in candidates]
            )
        }
        rivals = {
            match.open_pair: match
            for match in brought.find(
                self._connection, matches.c.open_pair, [c.pair for c in candidates if c.is_open]
            )
        }
        chosen: dict[str, Wanted] = {}
        pairs: set[str] = set()
        for match in candidates:
            public_id = match.source.public_id
            if public_id in chosen:
                self._tally.skip(Reason.DUPLICATE)
                continue
            try:
                if self._is_to_be_written(match, known.get(public_id), rivals, pairs):
                    chosen[public_id] = match
            except Skipped as skipped:
                self._tally.skip(skipped.reason)
        self._make_room(chosen, known, rivals)
        self._write(list(chosen.values()))
        self._count(chosen, known)

    def _readable(self, rows: Rows) -> Iterator[SourceMatch]:
        for row in rows:
            self._tally.read += 1
            try:
                yield wanted.read(row, self._terms)
            except Skipped as skipped:
                self._tally.skip(skipped.reason)

    def _with_players(self, readable: Sequence[SourceMatch]) -> Iterator[Wanted]:
        here = residents.find(
            self._connection, {name for source in readable for name in source.match.names}
        )
        for source in readable:
            try:
                yield wanted.wanted(source, here)
            except Skipped as skipped:
                self._tally.skip(skipped.reason)

    def _is_to_be_written(
        self,
        match: Wanted,
        known: Match | None,
        rivals: Mapping[str | None, Match],
        pairs: set[str],
    ) -> bool:
        """Whether there is something to write, or it is as it should be. Raises Skipped.

        `known` is this match as it is here, `rivals` the open matches here by their pairs; `pairs`
        gathers those pairs whose newest open match was seen.
        """
        if known is not None and known.id in self._kept:
            raise Skipped(Reason.DUPLICATE)
        if known is not None and not known.was_brought:
            self._kept.add(known.id)
            raise Skipped(Reason.IN_USE)
        if match.is_open:
            self._check_pair(match, rivals.get(match.pair), pairs)
        if known is not None and (known.is_still(match) or known.result is not None):
            self._kept.add(known.id)
            if not known.is_still(match):
                raise Skipped(Reason.IN_USE)  # somebody was told of its end here
            self._tally.unchanged += 1
            return False
        return True

    def _check_pair(self, match: Wanted, rival: Match | None, pairs: set[str]) -> None:
        if match.pair in pairs or (rival is not None and rival.id in self._kept):
            raise Skipped(Reason.PAIR_IS_PLAYING)
        if rival is not None and not rival.was_brought:
            raise Skipped(Reason.IN_USE)
        pairs.add(match.pair)

    def _make_room(
        self,
        chosen: Mapping[str, Wanted],
        known: Mapping[str, Match],
        rivals: Mapping[str | None, Match],
    ) -> None:
        """Remove what is here of these matches, and older open ones of the same pairs."""
        old = {known[public_id].id for public_id in chosen if public_id in known}
        older = {
            rival.id
            for match in chosen.values()
            if match.is_open and (rival := rivals.get(match.pair)) is not None
            if rival.public_id not in chosen
        }
        self._tally.removed += len(older)
        self._remove(old | older)

    def _remove(self, ids: Collection[int]) -> None:
        for piece in residents.pieces(sorted(ids)):
            self._connection.execute(delete(matches).where(matches.c.id.in_(piece)))

    def _write(self, chosen: Sequence[Wanted]) -> None:
        if not chosen:
            return
        self._connection.execute(insert(matches), [match.columns for match in chosen])
        public_ids = [match.source.public_id for match in chosen]
        query = select(matches.c.public_id, matches.c.id).where(matches.c.public_id.in_(public_ids))
        ids = {row.public_id: row.id for row in self._connection.execute(query)}
        self._kept.update(ids.values())
        shown = [
            {"player_id": player_id, "match_id": ids[match.source.public_id]}
            for match in chosen
            for player_id in sorted(match.seats)
        ]
        self._connection.execute(insert(seats), shown)
        entries = [
            (match.entry(ids[match.source.public_id], self._terms.elo_k), match.ends_now)
            for match in chosen
            if not match.is_open
        ]
        self._end([entry for entry, _ in entries], [entry for entry, now in entries if now])

    def _end(self, entries: Sequence[Entry], missed: Sequence[Entry]) -> None:
        """Append the ends of matches, and rate those that the old server has missed."""
        if not entries:
            return
        names = ("match_id", "ply", "move", "at")
        journal = [dict(zip(names, entry.row, strict=True)) for entry in entries]
        self._connection.execute(insert(moves), journal)
        players = [player.id for entry in missed for player in entry.fixture.players]
        if missed:
            ratings = endings.lock_players(self._connection, players)
            endings.finish(self._connection, missed, ratings)

    def _count(self, chosen: Mapping[str, Wanted], known: Mapping[str, Match]) -> None:
        for public_id in chosen:
            if public_id in self._reopened:
                self._tally.unchanged += 1
            elif public_id in known:
                self._tally.updated += 1
            else:
                self._tally.imported += 1

    def _remove_gone(self) -> None:
        """Remove what an earlier import has brought and the source does not have any more, or
        not as anything that can be imported, unless something has come of it here.
        """
        query = select(matches.c.id).where(matches.c.setup.is_not(None))
        for piece in residents.pieces(sorted(set(self._connection.scalars(query)) - self._kept)):
            gone = brought.find(self._connection, matches.c.id, piece)
            ids = [match.id for match in gone if match.may_go]
            self._remove(ids)
            self._tally.removed += len(ids)
