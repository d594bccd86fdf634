"""All services of a node under one name, as `app.py` builds them. No behaviour."""

from dataclasses import dataclass

from uttt.domain.lifetimes import Lifetimes
from uttt.service.accounts import Accounts
from uttt.service.analyst import Analyst
from uttt.service.attendance import Attendance
from uttt.service.clock import Clock
from uttt.service.friends import Friends
from uttt.service.hall import Hall
from uttt.service.ladder import Ladder
from uttt.service.limits import RateLimit
from uttt.service.lobby import Lobby
from uttt.service.referee import Referee
from uttt.service.roster import Roster


@dataclass(frozen=True, slots=True)
class Services:
    """What a connection needs to serve its player."""

    accounts: Accounts
    analyst: Analyst
    attendance: Attendance
    clock: Clock
    friends: Friends
    hall: Hall
    ladder: Ladder
    lifetimes: Lifetimes
    lobby: Lobby
    logins_per_address: RateLimit
    logins_per_name: RateLimit
    referee: Referee
    roster: Roster
