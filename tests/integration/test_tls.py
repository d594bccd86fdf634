"""TLS on the one port: https and wss, what is refused, and a certificate that is renewed."""

import asyncio
import datetime
import ipaddress
import os
import signal
import ssl
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from support import matches
from support.players import Players
from support.server import Server, running

DAY = datetime.timedelta(days=1)


def write_certificate(directory: Path, name: str) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 with this common name, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = directory / f"{name}.pem", directory / f"{name}.key"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_file, key_file


def put(directory: Path, name: str) -> dict[str, str]:
    """Put a new certificate where the server reads it; return the settings for it."""
    certificate, key = write_certificate(directory, name)
    certificate.rename(directory / "certificate.pem")
    key.rename(directory / "key.pem")
    return {
        "UTTT_CERTIFICATE": str(directory / "certificate.pem"),
        "UTTT_KEY": str(directory / "key.pem"),
    }


def trust(server: Server, directory: Path) -> ssl.SSLContext:
    """Have the clients of the tests trust the certificate as it is now."""
    context = ssl.create_default_context(cafile=str(directory / "certificate.pem"))
    server.trust = context
    return context


async def shown_name(server: Server) -> str:
    """The common name of the certificate that a new connection is shown."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=context)
    tls: Any = writer.get_extra_info("ssl_object")
    certificate = x509.load_der_x509_certificate(tls.getpeercert(binary_form=True))
    writer.close()
    await writer.wait_closed()
    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


async def logged(server: Server, text: str, times: int) -> None:
    """Wait until the server has logged this so many times."""
    limit = time.monotonic() + 10
    while server.text().count(text) < times:
        assert time.monotonic() < limit, f"{text} was expected\n{server.tail()}"
        await asyncio.sleep(0.02)


async def hang_up(server: Server, outcome: str, times: int = 1) -> None:
    """SIGHUP, and wait until it is dealt with."""
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGHUP)
    await logged(server, outcome, times)


async def test_https_and_wss_on_the_same_port(tmp_path: Path) -> None:
    with running(tmp_path, **put(tmp_path, "first")) as server:
        assert server.get("/") == 200
        assert server.get("/healthz") == 200
        assert server.url.startswith("wss://")
        players = Players(server)
        ann, bob = await players.guests("ann", "bob")
        match_id = await matches.start(ann, bob)
        await matches.play(ann, bob, match_id, matches.OPENING)
        await players.close()


async def test_plain_text_is_not_served(tmp_path: Path) -> None:
    with running(tmp_path, **put(tmp_path, "first")) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = b""
        try:
            async with asyncio.timeout(10):
                answer = await reader.read()
        except ConnectionError:
            pass
        assert b"HTTP" not in answer
        writer.close()
        assert server.get("/") == 200


def only(version: ssl.TLSVersion, directory: Path) -> ssl.SSLContext:
    """A client that speaks this version and no other."""
    context = ssl.create_default_context(cafile=str(directory / "certificate.pem"))
    context.set_ciphers("ALL:@SECLEVEL=0")  # or it would not even offer the old ones
    context.minimum_version = context.maximum_version = version
    return context


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_versions_that_are_good(tmp_path: Path, version: ssl.TLSVersion) -> None:
    with running(tmp_path, **put(tmp_path, "first")) as server:
        server.trust = only(version, tmp_path)
        assert server.get("/") == 200
        players = Players(server)
        await players.guest("ann")
        await players.close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_versions_that_are_too_old(tmp_path: Path, version: ssl.TLSVersion) -> None:
    with running(tmp_path, **put(tmp_path, "first")) as server:
        context = only(version, tmp_path)
        with pytest.raises((ConnectionError, ssl.SSLError)) as refused:
            await asyncio.open_connection("127.0.0.1", server.port, ssl=context)
        by_server = isinstance(refused.value, ConnectionError) or "ALERT" in str(refused.value)
        assert by_server, f"the client itself refused: {refused.value}"


async def test_a_renewed_certificate_is_for_new_connections(tmp_path: Path) -> None:
    with running(tmp_path, **put(tmp_path, "first")) as server:
        players = Players(server)
        ann, bob = await players.guests("ann", "bob")
        match_id = await matches.start(ann, bob)
        assert await shown_name(server) == "first"
        put(tmp_path, "second")
        assert await shown_name(server) == "first", "not before it is told"
        await hang_up(server, "certificate_reloaded")
        assert await shown_name(server) == "second"
        await matches.play(ann, bob, match_id, matches.OPENING)
        trust(server, tmp_path)
        await players.guest("eve")
        put(tmp_path, "third")
        await hang_up(server, "certificate_reloaded", 2)
        assert await shown_name(server) == "third"
        await ann.quiet()
        await players.close()
        trust(server, tmp_path)


async def test_a_broken_renewal_keeps_the_old_one(tmp_path: Path) -> None:
    with running(tmp_path, **put(tmp_path, "first")) as server:
        players = Players(server)
        ann = await players.guest("ann")
        good = (tmp_path / "certificate.pem").read_bytes()
        other_certificate, _ = write_certificate(tmp_path, "other")
        breakages = (
            b"",
            b"this is no certificate",
            good[: len(good) // 2],
            other_certificate.read_bytes(),  # it does not fit the key
        )
        for number, content in enumerate(breakages, 1):
            (tmp_path / "certificate.pem").write_bytes(content)
            await hang_up(server, "certificate_not_reloaded", number)
            assert await shown_name(server) == "first"
        (tmp_path / "certificate.pem").unlink()
        await hang_up(server, "certificate_not_reloaded", len(breakages) + 1)
        assert await shown_name(server) == "first"
        await ann.quiet()
        (tmp_path / "certificate.pem").write_bytes(good)
        await hang_up(server, "certificate_reloaded")
        assert await shown_name(server) == "first"
        await players.close()
        complaints = server.failures().splitlines()
        assert all("certificate_not_reloaded" in line for line in complaints)
        assert "Traceback" not in server.text()
        server.kill()  # a stop would take the complaints for failures of the server


async def test_a_hang_up_without_tls_does_nothing(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        players = Players(server)
        ann = await players.guest("ann")
        assert server.process is not None
        os.kill(server.process.pid, signal.SIGHUP)
        await ann.quiet()
        assert server.get("/healthz") == 200
        await players.close()
