"""People, phones, pairing codes, invitations and the count of tries as rows."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec

from services.ticketing.people.domain import Device, DeviceKind, HashedPin, PairingCode, Person
from shared.ids import DeviceId, PersonId
from shared.storage.db import Connection, Record
from shared.storage.sql import load

SQL = load(Path(__file__).parents[1] / "sql")


class ListedPhone(msgspec.Struct, frozen=True, kw_only=True):
    """A phone with the name of whoever made its code, for the page that lists phones."""

    device_id: DeviceId
    kind: DeviceKind
    venues: tuple[str, ...]
    name: str
    paired_at: datetime
    paired_by: str
    last_seen_at: datetime | None


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """A person or phone that was just revoked with others."""

    subject_id: UUID
    version: int
    venues: tuple[str, ...]


async def insert_person(connection: Connection, person: Person, now: datetime) -> bool:
    """False if the person or the login is there already."""
    added = await connection.fetchval(
        SQL["insert_person"],
        person.person_id,
        person.login,
        person.display_name,
        person.role,
        list(person.venues),
        person.scope,
        person.pin_salt,
        person.pin_hash,
        person.password_hash,
        now,
    )
    return added is not None


async def known_persons(connection: Connection, ids: Sequence[PersonId]) -> frozenset[UUID]:
    return frozenset(row["person_id"] for row in await connection.fetch(SQL["known_persons"], ids))


async def find_person(connection: Connection, person_id: PersonId) -> Person | None:
    return _person_or_none(await connection.fetchrow(SQL["find_person"], person_id))


async def find_person_by_login(connection: Connection, login: str) -> Person | None:
    return _person_or_none(await connection.fetchrow(SQL["find_person_by_login"], login))


async def persons_of_venues(connection: Connection, venues: Sequence[str]) -> list[Person]:
    """Everybody who has at least one of the venues and is not revoked."""
    return [_person(row) for row in await connection.fetch(SQL["persons_of_venues"], list(venues))]


async def all_persons(connection: Connection) -> list[Person]:
    return [_person(row) for row in await connection.fetch(SQL["all_persons"])]


async def change_person_secrets(
    connection: Connection, person_id: PersonId, pin: HashedPin | None, password_hash: str | None
) -> int:
    """The new version; None leaves the secret as it is."""
    salt, hashed = (None, None) if pin is None else (pin.salt, pin.hash)
    return int(await connection.fetchval(SQL["change_person_secrets"], person_id, salt, hashed, password_hash))


async def revoke_person(connection: Connection, person_id: PersonId, now: datetime) -> int | None:
    """The new version, or None if that was done before."""
    version: int | None = await connection.fetchval(SQL["revoke_person"], person_id, now)
    return version


async def count_present_persons(connection: Connection, ids: Sequence[PersonId]) -> int:
    return int(await connection.fetchval(SQL["count_present_persons"], ids))


async def remove_persons(connection: Connection, ids: Sequence[PersonId], now: datetime) -> list[Left]:
    """Those of them who were not revoked before; now without secrets, and their logins are free."""
    return [_left(row) for row in await connection.fetch(SQL["remove_persons"], ids, now)]


async def revoke_devices_paired_by(connection: Connection, ids: Sequence[PersonId], now: datetime) -> list[Left]:
    return [_left(row) for row in await connection.fetch(SQL["revoke_devices_paired_by"], ids, now)]


async def delete_pairing_codes_of(connection: Connection, ids: Sequence[PersonId]) -> None:
    await connection.execute(SQL["delete_pairing_codes_of"], ids)


async def has_operator(connection: Connection) -> bool:
    return bool(await connection.fetchval(SQL["has_operator"]))


async def insert_device(connection: Connection, device: Device, paired_by: PersonId) -> None:
    await connection.execute(
        SQL["insert_device"],
        device.device_id,
        device.kind,
        list(device.venues),
        device.name,
        device.paired_at,
        paired_by,
    )


async def find_device(connection: Connection, device_id: DeviceId) -> Device | None:
    row = await connection.fetchrow(SQL["find_device"], device_id)
    return None if row is None else _device(row)


async def devices_of_venues(connection: Connection, venues: Sequence[str]) -> list[ListedPhone]:
    return [_phone(row) for row in await connection.fetch(SQL["devices_of_venues"], list(venues))]


async def all_devices(connection: Connection) -> list[ListedPhone]:
    return [_phone(row) for row in await connection.fetch(SQL["all_devices"])]


async def see_device(connection: Connection, device_id: DeviceId, now: datetime) -> None:
    await connection.execute(SQL["see_device"], device_id, now)


async def rename_device(connection: Connection, device_id: DeviceId, name: str) -> None:
    await connection.execute(SQL["rename_device"], device_id, name)


async def revoke_device(connection: Connection, device_id: DeviceId, now: datetime) -> int | None:
    """The new version, or None if that was done before."""
    version: int | None = await connection.fetchval(SQL["revoke_device"], device_id, now)
    return version


async def insert_pairing_code(
    connection: Connection, code_hash: bytes, code: PairingCode, expires_at: datetime
) -> None:
    await connection.execute(
        SQL["insert_pairing_code"], code_hash, code.kind, list(code.venues), code.made_by, expires_at
    )


async def use_pairing_code(connection: Connection, code_hash: bytes, now: datetime) -> PairingCode | None:
    """What the code is for, the first time; None ever after and when it is too old."""
    row = await connection.fetchrow(SQL["use_pairing_code"], code_hash, now)
    return None if row is None else msgspec.convert(dict(row), PairingCode)


async def delete_old_pairing_codes(connection: Connection, before: datetime) -> None:
    await connection.execute(SQL["delete_old_pairing_codes"], before)


async def lock_invitations(connection: Connection) -> None:
    """From here to the end of the transaction nobody else can invite."""
    await connection.execute(SQL["lock_invitations"])


async def has_invitation(connection: Connection, now: datetime) -> bool:
    """Whether somebody was invited whose invitation still holds."""
    return bool(await connection.fetchval(SQL["has_invitation"], now))


async def insert_invitation(connection: Connection, token_hash: bytes, expires_at: datetime) -> None:
    await connection.execute(SQL["insert_invitation"], token_hash, expires_at)


async def is_invitation(connection: Connection, token_hash: bytes, now: datetime) -> bool:
    """Whether such a one was made and is not too old, used or not."""
    return bool(await connection.fetchval(SQL["is_invitation"], token_hash, now))


async def use_invitation(connection: Connection, token_hash: bytes, now: datetime) -> bool:
    return bool(await connection.fetchval(SQL["use_invitation"], token_hash, now))


async def count_attempt(
    connection: Connection, subject: str, now: datetime, window_from: datetime
) -> tuple[int, datetime]:
    """Tries at this subject with the one now, and when the first of them was."""
    row = await connection.fetchrow(SQL["count_attempt"], subject, now, window_from)
    assert row is not None
    return row["tries"], row["started_at"]


async def forget_attempts(connection: Connection, subjects: Sequence[str]) -> None:
    await connection.execute(SQL["forget_attempts"], list(subjects))


async def give_back_attempts(connection: Connection, subjects: Sequence[str]) -> None:
    await connection.execute(SQL["give_back_attempts"], list(subjects))


async def forget_attempts_below(connection: Connection, beginnings: Sequence[str]) -> None:
    await connection.execute(SQL["forget_attempts_below"], list(beginnings))


async def delete_old_attempts(connection: Connection, before: datetime) -> None:
    await connection.execute(SQL["delete_old_attempts"], before)


def _person_or_none(row: Record | None) -> Person | None:
    return None if row is None else _person(row)


def _person(row: Record) -> Person:
    return msgspec.convert(dict(row), Person)


def _device(row: Record) -> Device:
    return msgspec.convert(dict(row), Device)


def _left(row: Record) -> Left:
    return msgspec.convert(dict(row), Left)


def _phone(row: Record) -> ListedPhone:
    return msgspec.convert(dict(row), ListedPhone)
