"""How every client of ours reaches Kafka: the one place that turns an address into aiokafka's keywords.

An address names a user and all that this user needs: `user:password@host:port,host:port`, and `?tls_ca=FILE` behind it
where the way to the broker is encrypted.
"""

import ssl
from typing import Literal, NotRequired, TypedDict
from urllib.parse import parse_qs, quote, unquote, urlsplit

from aiokafka.conn import create_conn
from aiokafka.errors import KafkaError, SaslAuthenticationFailed

from shared.settings import KAFKA_ADMIN, kafka_password_file


class Connection(TypedDict):
    """For AIOKafkaProducer, AIOKafkaConsumer and AIOKafkaAdminClient alike."""

    bootstrap_servers: str
    security_protocol: Literal["SASL_PLAINTEXT", "SASL_SSL"]
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256"]
    sasl_plain_username: str
    sasl_plain_password: str
    ssl_context: NotRequired[ssl.SSLContext]


def connection(address: str) -> Connection:
    """Keywords for a client. An address without a user is somebody whom no broker of ours lets in."""
    parts = urlsplit(f"//{address}")
    user = unquote(parts.username or "")
    given = Connection(
        bootstrap_servers=hosts_of(address),
        security_protocol="SASL_PLAINTEXT",
        # The administrator stands in the broker's own settings, so that a new and an old data folder let him in alike.
        sasl_mechanism="PLAIN" if user == KAFKA_ADMIN else "SCRAM-SHA-256",
        sasl_plain_username=user,
        sasl_plain_password=unquote(parts.password or ""),
    )
    if authority := parse_qs(parts.query).get("tls_ca"):
        given["security_protocol"] = "SASL_SSL"
        given["ssl_context"] = ssl.create_default_context(cafile=authority[0])
    return given


def hosts_of(address: str) -> str:
    """Where the brokers are, without user and password: the part that may be shown."""
    return urlsplit(f"//{address}").netloc.rpartition("@")[2]


def as_user(address: str, user: str, password: str) -> str:
    """The same brokers, as another user finds them."""
    return f"{quote(user, safe='')}:{quote(password, safe='')}@{address.rpartition('@')[2]}"


def first_broker(address: str) -> tuple[str, int]:
    """Host and port of the first broker named; raises ValueError for what is no address."""
    host, _, port = hosts_of(address).split(",", maxsplit=1)[0].rpartition(":")
    return host, int(port)


async def why_refused(address: str) -> str | None:
    """Why Kafka does not let this user in, in one line that names the setting; None when it does, or is away.

    Asked because a client of aiokafka's, refused, says only that it found no broker.
    """
    wanted, (host, port) = connection(address), first_broker(address)
    user = wanted["sasl_plain_username"]
    try:
        opened = await create_conn(
            host,
            port,
            request_timeout_ms=5_000,
            security_protocol=wanted["security_protocol"],
            sasl_mechanism=wanted["sasl_mechanism"],
            sasl_plain_username=user,
            sasl_plain_password=wanted["sasl_plain_password"],
            ssl_context=wanted.get("ssl_context"),
        )
    except ssl.SSLError as error:
        return f"Kafka at {host}:{port} is not encrypted by whom tls_ca vouches for: {error.reason or error}"
    except SaslAuthenticationFailed:
        taken_over = "a start of the broker" if user == KAFKA_ADMIN else "preparation"
        return (
            f"Kafka at {host}:{port} refuses the password of its user {user!r}"
            f" ({kafka_password_file(user)} in SECRETS_DIR; {taken_over} gives Kafka a new one)"
        )
    except (KafkaError, OSError):
        return None
    opened.close()
    return None
