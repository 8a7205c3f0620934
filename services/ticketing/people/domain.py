"""Rules of people and phones: who may manage whom, what a PIN and a pairing code are.

A PIN is hashed with PBKDF2 because the gate phone checks it without network, and browsers know nothing better.
"""

import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from shared.errors import DomainError, Forbidden, NotFound
from shared.events.words import PersonRole
from shared.ids import CROCKFORD, DeviceId, PersonId, check_character, fold_look_alikes

DeviceKind = Literal["gate", "owner"]

PIN_ITERATIONS = 100_000
CODE_LIFETIME = timedelta(minutes=10)
INVITATION_LIFETIME = timedelta(days=1)
DEVICE_PASS_LIFETIME = timedelta(days=365)
OWNER_PASS_LIFETIME = timedelta(days=7)
OFFICE_PASS_LIFETIME = timedelta(hours=12)
MIN_PASSWORD_LENGTH = 10
# What guessers try first, with any digits and signs around it.
_GUESSED = frozenset({"password", "matkhau", "qwerty", "qwertyuiop", "iloveyou", "anhyeuem", "abcdefghij", "admin"})
# Who comes in by a PIN on a phone; everybody else by a password, and a manager stands at the gate too.
BY_PIN: frozenset[PersonRole] = frozenset({"gate", "owner"})
WITH_PIN: frozenset[PersonRole] = frozenset({*BY_PIN, "manager"})
_CODE_LENGTH = 9
# Control, format (also U+200B, U+FEFF, U+202E), surrogate and unassigned characters, line and paragraph ends.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})
# Letters and marks that are drawn as nothing, by which a name is empty or like another's: fillers of Hangul, Braille's
# blank, the joiner of graphemes, Khmer's inherent vowels, and all that choose between forms of a sign.
_DRAWN_AS_NOTHING = re.compile(
    "[\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
_PIN = re.compile(r"[0-9]{6}")
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{2,39}")


class WrongSignIn(DomainError):
    """Login and password do not fit; which of them is not said."""

    code, status = "wrong_sign_in", 401


class WrongPin(WrongSignIn):
    """The owner chosen from the list has another PIN."""

    code = "wrong_pin"


class NotOwnersPhone(Forbidden):
    """The phone is paired for a gate, where no owner signs in."""

    code = "not_owners_phone"


class RateLimited(DomainError):
    """Too many tries; `retry_after_s` says how long to wait."""

    code, status = "rate_limited", 429


class PairingCodeUnknown(NotFound):
    """The code was never made, was used, or is older than ten minutes."""

    code = "pairing_code_unknown"


class InvitationUnknown(NotFound):
    """The invitation was never made, was used, or is too old."""

    code = "invitation_unknown"


class LoginTaken(DomainError):
    """Somebody has this login already."""

    code, status = "login_taken", 409


class WeakSecret(DomainError):
    """A PIN that is not six digits or is easily guessed, or a password that is too short."""

    code, status = "weak_secret", 422


class NameUnreadable(DomainError):
    """A phone's name with characters that cannot be seen or that turn the line around."""

    code, status = "name_unreadable", 422


class PersonInvalid(DomainError):
    """A person without a name, a well-formed login, or the venues that the role asks for."""

    code, status = "person_invalid", 422


@dataclass(frozen=True, slots=True)
class HashedPin:
    salt: bytes
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may come in; the hashes never leave the service, except a PIN's that opens no more than a gate."""

    person_id: PersonId
    login: str
    display_name: str
    role: PersonRole
    venues: tuple[str, ...]
    scope: str = ""
    pin_salt: bytes | None = None
    pin_hash: bytes | None = None
    password_hash: str | None = None
    revoked_at: datetime | None = None
    version: int = 1

    @property
    def is_revoked(self) -> bool:
        return self.revoked_at is not None

    @property
    def pin(self) -> HashedPin | None:
        if self.pin_salt is None or self.pin_hash is None:
            return None
        return HashedPin(self.pin_salt, self.pin_hash)

    @property
    def signs_in_on_phone(self) -> bool:
        """Whether they come in by their PIN on a phone that is paired for an owner."""
        return self.role == "owner" and self.pin is not None

    @property
    def tells_pin_to_phones(self) -> bool:
        """Whether phones of the venue are told the PIN's hash, by which six digits are soon guessed.

        An owner's PIN also opens the money pages, anybody else's only a gate.
        """
        return self.pin is not None and self.role != "owner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A paired phone.

    last_seen_at: when it last asked what a gate has to know, to the minute, or an owner signed in.
    """

    device_id: DeviceId
    kind: DeviceKind
    venues: tuple[str, ...]
    name: str
    paired_at: datetime
    revoked_at: datetime | None = None
    version: int = 1
    last_seen_at: datetime | None = None

    @property
    def is_revoked(self) -> bool:
        return self.revoked_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingCode:
    """What a pairing code makes of a phone."""

    kind: DeviceKind
    venues: tuple[str, ...]
    made_by: PersonId


def hash_pin(pin: str, salt: bytes | None = None) -> HashedPin:
    """PBKDF2-SHA256 of a PIN, 32 bytes, with a new salt of 16 bytes unless one is given."""
    salt = os.urandom(16) if salt is None else salt
    return HashedPin(salt, hashlib.pbkdf2_hmac("sha256", pin.encode(), salt, PIN_ITERATIONS))


def is_pin(pin: str, hashed: HashedPin) -> bool:
    return hmac.compare_digest(hash_pin(pin, hashed.salt).hash, hashed.hash)


def require_good_pin(pin: str) -> None:
    """WeakSecret unless it is six digits, not one digit repeated and not a run."""
    steps = {(ord(b) - ord(a)) % 10 for a, b in pairwise(pin)}
    if not _PIN.fullmatch(pin) or steps in ({0}, {1}, {9}):
        raise WeakSecret(secret="pin")  # noqa: S106 - names the field, holds no secret


def require_good_password(password: str, login: str = "") -> None:
    """WeakSecret if it is short or easily guessed: digits alone, the login in it, or one that everybody tries."""
    folded = password.lower()
    is_guessed = password.isdigit() or re.sub("[^a-z]", "", folded) in _GUESSED or (login and login in folded)
    if not MIN_PASSWORD_LENGTH <= len(password) <= 200 or len(set(password)) < 5 or is_guessed:
        raise WeakSecret(secret="password")  # noqa: S106 - names the field, holds no secret


def new_code() -> str:
    """A pairing code as people read it: nine Crockford characters and a check character, 4-4-2."""
    while True:
        body = "".join(secrets.choice(CROCKFORD) for _ in range(_CODE_LENGTH))
        # A check that is itself a look-alike would not survive being typed.
        if (check := check_character(body)) in CROCKFORD:
            return f"{body[:4]}-{body[4:8]}-{body[8:]}{check}"


def hash_of_code(typed: str) -> bytes | None:
    """What is stored of a code, however it was typed; None if it cannot be one."""
    code = re.sub(r"[^0-9A-Z]", "", fold_look_alikes(typed))
    if len(code) != _CODE_LENGTH + 1 or not set(code) <= set(CROCKFORD) or check_character(code[:-1]) != code[-1]:
        return None
    return hashlib.sha256(code.encode()).digest()


def new_token() -> str:
    return secrets.token_urlsafe(24)


def hash_of_token(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def fold_login(login: str) -> str:
    return login.strip().lower()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who manages: the role and venues of a verified pass. What may be managed is said here, to doors and pages."""

    role: str
    venues: tuple[str, ...]

    def sees(self, venue_id: str) -> bool:
        """Whether what happens at this venue is theirs to see."""
        return self.role == "operator" or venue_id in self.venues

    @property
    def roles(self) -> tuple[PersonRole, ...]:
        """Of whom they manage: a manager nobody above the gate or the house. In the order of a choice."""
        match self.role:
            case "operator":
                return ("gate", "owner", "manager", "province", "operator")
            case "manager":
                return ("gate", "owner")
            case _:
                return ()

    def manages(self, venues: Collection[str]) -> bool:
        """Whether a phone at exactly these venues is theirs to manage."""
        if self.role == "operator":
            return True
        return self.role == "manager" and bool(venues) and set(venues) <= set(self.venues)

    def manages_person(self, role: PersonRole, venues: Collection[str]) -> bool:
        return role in self.roles and self.manages(venues)


def require_may_manage_person(actor: Actor, role: PersonRole, venues: Collection[str]) -> None:
    if not actor.manages_person(role, venues):
        raise Forbidden


def require_may_manage(actor: Actor, venues: Collection[str]) -> None:
    if not actor.manages(venues):
        raise Forbidden


def is_readable_name(name: str) -> bool:
    """Whether it shows something, and only what it is: nothing invisible in it, nothing that turns the line around."""
    kinds = {unicodedata.category(character) for character in name}
    is_seen = not kinds & _UNSEEN and _DRAWN_AS_NOTHING.search(name) is None
    return is_seen and any(kind[0] in "LN" for kind in kinds)


def require_person(login: str, display_name: str, role: PersonRole, venues: Collection[str]) -> None:
    """PersonInvalid, with the field at fault, if such a person cannot be."""
    if not _LOGIN.fullmatch(login):
        raise PersonInvalid(field="login")
    if not 1 <= len(display_name) <= 80 or not is_readable_name(display_name):
        raise PersonInvalid(field="display_name")
    if (role in ("gate", "manager", "owner")) != bool(venues):
        raise PersonInvalid(field="venues")
