"""Who somebody is: registration, login, temporary users, reconnection, logout, removal.

Protocol sections 3 and 4. A session id is 256 random bits; only its SHA-256 is stored, so that the
database gives nobody access. (A fast hash is enough for a secret that cannot be guessed.)
"""

import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import Connection

from uttt.bus.local import LocalBus
from uttt.bus.notices import MatchGone, SessionsVoided
from uttt.domain.match import Match, Player
from uttt.domain.names import fold_name, is_bot_name, is_password
from uttt.service.clock import Clock
from uttt.service.hall import Hall
from uttt.service.journal import Journal
from uttt.service.ladder import Ladder
from uttt.service.passwords import Passwords, TooManyAtATime
from uttt.storage import matches, players, sessions
from uttt.storage.database import Database
from uttt.storage.players import Account, NameTaken
from uttt.storage.sessions import OwnerGone
from uttt.storage.work import Newcomer

_BAD_NAME = "A name has 3 to 16 characters: letters from a to z, digits, hyphens and underscores."
_BOT_NAME = "Names that begin with bot- belong to the bots. Please choose another one."
_BAD_PASSWORD = "A password has at most 128 characters."  # noqa: S105 - not a password
_WRONG_PASSWORD = "Wrong name or password."  # noqa: S105 - not a password
_MATCHES_AT_A_TIME = 20
_BUSY = "Too many are logging in at the moment. Please try again."
_TAKEN = "This name is taken. Please choose another one."


class LoginRefused(Exception):
    """The login failed. `registered` tells which kind was tried: with a password or without."""

    def __init__(self, msg: str, *, registered: bool) -> None:
        super().__init__(msg)
        self.msg = msg
        self.registered = registered


@dataclass(frozen=True, slots=True)
class Login:
    """A session that somebody has proved to hold. `token` is the session id that clients see."""

    player: Player
    session_id: int
    token: str
    msg: str
    is_new: bool = False
    """The player was made for it."""

    def __repr__(self) -> str:
        """Leave out the token, so that no log can show it."""
        return f"Login({self.player.name!r}, session_id={self.session_id})"


def token_hash(token: str) -> bytes:
    """Return what is stored of a session id: 32 bytes."""
    return hashlib.sha256(token.encode()).digest()


class Accounts:
    """Accounts, temporary users and their sessions."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        passwords: Passwords,
        hall: Hall,
        ladder: Ladder,
        bus: LocalBus,
        clock: Clock,
        elo_start: int,
    ) -> None:
        self._database = database
        self._journal = journal
        self._passwords = passwords
        self._hall = hall
        self._ladder = ladder
        self._bus = bus
        self._clock = clock
        self._elo_start = elo_start

    async def login(self, raw_name: object, raw_password: object) -> Login:
        """Log in, or register a free name. An empty password means a temporary user.

        Raises LoginRefused or Unavailable.
        """
        if not isinstance(raw_name, str) or not isinstance(raw_password, str):
            raise LoginRefused("A login needs a name and a password.", registered=True)
        if not raw_password:
            return await self.guest(raw_name)
        name = fold_name(raw_name)
        if name is None:
            raise LoginRefused(_BAD_NAME, registered=True)
        if not is_password(raw_password):
            raise LoginRefused(_BAD_PASSWORD, registered=True)
        while True:
            account = await self._database.look(lambda c: players.find(c, name))
            try:
                if is_bot_name(name) and (account is None or account.is_bot):
                    raise LoginRefused(_BOT_NAME, registered=True)
                if account is None:
                    return await self._register(name, raw_password)
                return await self._check_in(account, raw_password)
            except TooManyAtATime:
                raise LoginRefused(_BUSY, registered=True) from None
            except (NameTaken, OwnerGone, _AccountGone):
                continue  # somebody registered, or deleted, this name at the same moment

    async def guest(self, raw_name: object) -> Login:
        """Make a temporary user. Raises LoginRefused or Unavailable."""
        name = fold_name(raw_name)
        if name is None:
            raise LoginRefused(_BAD_NAME, registered=False)
        if is_bot_name(name):
            raise LoginRefused(_BOT_NAME, registered=False)
        token = secrets.token_hex(32)
        try:
            player_id, session_id = await self._journal.admit(
                Newcomer(name, token_hash(token), self._clock())
            )
        except NameTaken:
            raise LoginRefused(_TAKEN, registered=False) from None
        player = Player(player_id, name, registered=False)
        msg = f"Welcome, {name}. You play as a guest."
        return Login(player, session_id, token, msg, is_new=True)

    async def _register(self, name: str, password: str) -> Login:
        hashed = await self._passwords.hash(password)
        token, now = secrets.token_hex(32), self._clock()

        def change(connection: Connection) -> Login:
            player = players.create(connection, name, hashed, self._elo_start, now)
            session_id = sessions.create(connection, player.id, token_hash(token), now)
            msg = f"Welcome, {name}. Your account was created."
            return Login(player, session_id, token, msg, is_new=True)

        login = await self._journal.write(change)
        self._ladder.note_change()
        return login

    async def _check_in(self, account: Account, password: str) -> Login:
        hashed = await self._passwords.verify(password, account.password_hash)
        if hashed is None:
            taken = not account.player.registered
            raise LoginRefused(_TAKEN if taken else _WRONG_PASSWORD, registered=True)
        token, now = secrets.token_hex(32), self._clock()

        def change(connection: Connection) -> Login:
            current = players.find(connection, account.player.name)
            if current is None or current.password_hash != account.password_hash:
                raise _AccountGone
            if hashed != account.password_hash:
                players.set_password(connection, account.player.id, hashed)
            players.touch(connection, account.player.id, now)
            session_id = sessions.create(connection, account.player.id, token_hash(token), now)
            return Login(account.player, session_id, token, f"Welcome back, {account.player.name}.")

        return await self._journal.write(change)

    async def reconnect(self, token: object) -> Login | None:
        """Renew the session with this id; None if there is none. Raises Unavailable."""
        if not isinstance(token, str) or not token.isascii():
            return None
        now = self._clock()
        found = await self._journal.write(lambda c: sessions.renew(c, token_hash(token), now))
        return None if found is None else Login(found[1], found[0], token, "")

    async def logout(self, login: Login) -> None:
        """Void a session; a temporary user goes with it. Its connections are closed by
        the notice.
        """
        if login.player.registered:
            await self._journal.write(lambda c: sessions.remove(c, login.session_id))
            self._bus.publish(SessionsVoided(frozenset({login.session_id})))
        else:
            await self.remove(login.player)

    async def remove(self, player: Player, *, unless_seen_after: int | None = None) -> bool:
        """Delete a player with all that is his, and tell those who had a match with him.

        With `unless_seen_after` only if there was no activity after that time. Returns whether he
        is gone. Raises Unavailable.
        """

        def change(connection: Connection) -> tuple[list[Match], list[int]] | None:
            gone = matches.shown_to(connection, player.id)
            voided = sessions.ids_of(connection, player.id)
            if unless_seen_after is None:
                players.remove(connection, player.id)
            elif not players.remove_if_expired(connection, player.id, unless_seen_after):
                return None
            return gone, voided

        while await self._journal.write(
            lambda c: matches.purge_finished(c, player.id, _MATCHES_AT_A_TIME, unless_seen_after)
        ):
            pass  # in small pieces, or the last one would hold up moves and could take too long
        removed = await self._journal.write(change)
        if removed is None:
            return False
        gone, voided = removed
        if player.registered:
            self._ladder.note_change()
        self._bus.publish(SessionsVoided(frozenset(voided)))
        for match in gone:
            for opponent in match.fixture.players:
                self._hall.forget(match, opponent.id)
            if match.outcome is None:
                self._bus.publish(MatchGone(match))
        return True


class _AccountGone(Exception):
    """The account was deleted, or its password changed, while we checked the password."""
