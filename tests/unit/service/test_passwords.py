"""Argon2id in threads: right, wrong, absent and outdated; counted, not timed."""

import asyncio
import hashlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from uttt.domain.classic import password_hash
from uttt.service.passwords import _HASHER, _MOST_WAITING, Passwords, TooManyAtATime

OUTDATED = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture(scope="module")
def passwords() -> Iterator[Passwords]:
    passwords = Passwords(threads=2)
    yield passwords
    passwords.close()


@pytest.fixture
def calls(passwords: Passwords, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the runs of Argon2 from now on; each run also notes a thread not ours."""
    made: list[str] = []

    class Counting(PasswordHasher):
        def hash(self, *args: Any, **kwargs: Any) -> str:
            assert threading.current_thread() is not threading.main_thread()
            made.append("hash")
            return super().hash(*args, **kwargs)

        def verify(self, *args: Any, **kwargs: Any) -> Any:
            assert threading.current_thread() is not threading.main_thread()
            made.append("verify")
            return super().verify(*args, **kwargs)

    parameters = extract_parameters(passwords._nobodys_hash)
    monkeypatch.setattr(passwords, "_hasher", Counting.from_parameters(parameters))
    return made


async def test_a_hash_is_argon2id_and_salted(passwords: Passwords) -> None:
    one, two = await passwords.hash("secret"), await passwords.hash("secret")
    assert one != two
    assert one.startswith("$argon2id$")
    assert "secret" not in one
    assert len(one) <= 255


async def test_the_right_password_keeps_its_hash(passwords: Passwords, calls: list[str]) -> None:
    stored = _HASHER.hash("secret")
    assert await passwords.verify("secret", stored) == stored
    assert calls == ["verify"]


@pytest.mark.parametrize("password", ["Secret", "secret ", "secret\0", "", "secre"])
async def test_a_wrong_password(passwords: Passwords, password: str) -> None:
    assert await passwords.verify(password, PasswordHasher().hash("secret")) is None


async def test_outdated_parameters_are_replaced(passwords: Passwords, calls: list[str]) -> None:
    stored = OUTDATED.hash("secret")
    renewed = await passwords.verify("secret", stored)
    assert renewed is not None
    assert renewed != stored
    assert calls == ["verify", "hash"]
    assert not passwords._hasher.check_needs_rehash(renewed)
    assert await passwords.verify("secret", renewed) == renewed


async def test_other_variants_of_argon2_are_replaced(passwords: Passwords) -> None:
    stored = PasswordHasher(type=Type.I).hash("secret")
    renewed = await passwords.verify("secret", stored)
    assert renewed is not None
    assert renewed.startswith("$argon2id$")


async def test_a_wrong_password_is_never_rehashed(passwords: Passwords, calls: list[str]) -> None:
    assert await passwords.verify("wrong", OUTDATED.hash("secret")) is None
    assert calls == ["verify"]


async def test_without_a_hash_argon2_runs_all_the_same(
    passwords: Passwords, calls: list[str]
) -> None:
    """What is run is the same as for a wrong password, with the present parameters."""
    assert not passwords._hasher.check_needs_rehash(passwords._nobodys_hash)
    assert await passwords.verify("secret", None) is None
    assert calls == ["verify"]


@pytest.mark.parametrize("stored", ["nonsense", "$argon2id$", "$2b$12$abcdefghijklmnopqrstuv"])
async def test_a_hash_that_is_none_fits_no_password(passwords: Passwords, stored: str) -> None:
    assert await passwords.verify("secret", stored) is None


OLD = password_hash(hashlib.sha512(b"secretsalt").hexdigest(), "salt")


async def test_a_hash_of_the_old_server_is_replaced(passwords: Passwords, calls: list[str]) -> None:
    renewed = await passwords.verify("secret", OLD)
    assert calls == ["hash"]
    assert renewed is not None
    assert renewed.startswith("$argon2id$")
    assert await passwords.verify("secret", renewed) == renewed
    assert await passwords.verify("secretsalt", renewed) is None


@pytest.mark.parametrize("stored", [OLD, "classic$", "classic$$", "classic$ä$ö", "classic$salt"])
async def test_a_wrong_password_of_the_old_server_takes_as_long_as_any(
    passwords: Passwords, calls: list[str], stored: str
) -> None:
    assert await passwords.verify("wrong", stored) is None
    assert calls == ["verify"]


async def test_the_loop_goes_on_meanwhile(passwords: Passwords) -> None:
    hashing = asyncio.gather(*(passwords.hash("secret") for _ in range(4)))
    turns = 0
    while not hashing.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 10
    await hashing


async def test_too_many_at_a_time_are_refused_at_once(passwords: Passwords) -> None:
    """Whoever floods the server with log-ins does not make all others wait for minutes."""
    tasks = [asyncio.create_task(passwords.verify("secret", None)) for _ in range(_MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyAtATime):
        await passwords.hash("secret")
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert await passwords.hash("secret")
