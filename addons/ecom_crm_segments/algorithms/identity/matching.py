"""Two contacts: one person?  A score with its reasons."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from enum import Enum

from . import mail, name, phone, place
from .hashed import is_hashed
from .name import Likeness
from .place import Nearness


@dataclass(frozen=True)
class Contact:
    """What is known of a contact, as it was written.

    :param key: of the record.
    :param accounts: "channel:id of the buyer" of each channel that tells one.
    """

    key: Hashable
    name: str = ""
    email: str = ""
    phone: str = ""
    street: str = ""
    street2: str = ""
    zip_code: str = ""
    city: str = ""
    country: str = ""
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profile:
    """A contact in one spelling; what identifies nobody is none or empty."""

    key: Hashable
    name: name.Name | None
    mailbox: mail.Mailbox | None
    phone: str
    place: place.Place | None
    accounts: frozenset[str]


class Reason(Enum):
    """What speaks for one person, or against it, and its weight."""

    SAME_ACCOUNT = "same_account"
    SAME_EMAIL = "same_email"
    SHARED_EMAIL = "shared_email"  # of a team, or used under several names
    SAME_PHONE = "same_phone"
    SHARED_PHONE = "shared_phone"
    SAME_ROOM = "same_room"
    SAME_DOOR = "same_door"  # no room: a house, or a building of many
    SAME_BUILDING = "same_building"
    NEIGHBOURS = "neighbours"
    SAME_NAME = "same_name"
    RARE_NAME = "rare_name"
    SHORTENED_NAME = "shortened_name"
    MISSPELT_SURNAME = "misspelt_surname"
    MISSPELT_NAME = "misspelt_name"
    OTHER_SURNAME = "other_surname"
    OTHER_GENERATION = "other_generation"
    OTHER_GIVEN_NAME = "other_given_name"
    OTHER_NAME = "other_name"
    NAMED_MAILBOX = "named_mailbox"  # the mailbox has a relative's name
    OTHER_EMAIL = "other_email"
    OTHER_PHONE = "other_phone"


#: decimal logarithms of how much likelier it is between contacts of one person. Not
#: learnt: set so that what a household shares is never enough (see the tests).
WEIGHTS = {
    Reason.SAME_ACCOUNT: 12.0,
    Reason.SAME_EMAIL: 7.5,
    Reason.SHARED_EMAIL: 3.5,
    Reason.SAME_PHONE: 5.5,
    Reason.SHARED_PHONE: 3.0,
    Reason.SAME_ROOM: 4.5,
    Reason.SAME_DOOR: 4.0,
    Reason.SAME_BUILDING: 2.5,
    Reason.NEIGHBOURS: -3.0,
    Reason.SAME_NAME: 3.0,
    Reason.RARE_NAME: 1.0,
    Reason.SHORTENED_NAME: 0.5,
    Reason.MISSPELT_SURNAME: 3.0,
    Reason.MISSPELT_NAME: 1.0,
    Reason.OTHER_SURNAME: -0.5,
    Reason.OTHER_GENERATION: -3.0,
    Reason.OTHER_GIVEN_NAME: -8.0,
    Reason.OTHER_NAME: -6.0,
    Reason.NAMED_MAILBOX: -4.0,
    Reason.OTHER_EMAIL: -0.5,
    Reason.OTHER_PHONE: -0.5,
}
NAMES = {
    Likeness.SHORTENED: Reason.SHORTENED_NAME,
    Likeness.SURNAME_MISSPELT: Reason.MISSPELT_SURNAME,
    Likeness.MISSPELT: Reason.MISSPELT_NAME,
    Likeness.GIVEN_ONLY: Reason.OTHER_SURNAME,
    Likeness.GENERATION: Reason.OTHER_GENERATION,
    Likeness.SURNAME_ONLY: Reason.OTHER_GIVEN_NAME,
    Likeness.DIFFERENT: Reason.OTHER_NAME,
}
#: names that exclude each other
CONFLICTS = (Likeness.GENERATION, Likeness.SURNAME_ONLY, Likeness.DIFFERENT)


@dataclass(frozen=True)
class Limits:
    """When a link is certain, proposed, or nothing.

    :param certain: score from which contacts are linked by themselves.
    :param proposed: score from which a person is asked.
    :param names_of_a_value: a mailbox or number used under more given names is shared.
    :param names_of_a_crowd: a mailbox, number or door with more names is an office's.
    :param common: share of contacts with a name above which it is a common one.
    """

    certain: float = 7.0
    proposed: float = 3.5
    names_of_a_value: int = 1
    names_of_a_crowd: int = 8
    common: float = 0.0005


@dataclass(frozen=True)
class Link:
    """Two contacts that may be one person.

    :param score: sum of the weights of the reasons.
    :param certain: whether nobody has to look.
    """

    left: Hashable
    right: Hashable
    score: float
    reasons: tuple[Reason, ...]
    certain: bool


@dataclass(frozen=True)
class Context:
    """What all contacts together say about single values.

    :param shared: mailboxes and numbers that several people use.
    :param crowded: mailboxes, numbers and doors of so many that they say nothing.
    :param common_names: keys of names that many people have.
    """

    shared: frozenset[str] = frozenset()
    crowded: frozenset[str] = frozenset()
    common_names: frozenset[str] = frozenset()
    limits: Limits = field(default_factory=Limits)


def profile(contact: Contact, relays: tuple[str, ...] = mail.RELAYS) -> Profile:
    """A contact in one spelling.

    :param relays: parts of e-mail domains that identify nobody.
    """
    return Profile(
        contact.key,
        name.read(contact.name),
        mail.mailbox(contact.email, relays),
        phone.number(contact.phone, contact.country),
        place.read(
            contact.street,
            contact.street2,
            contact.zip_code,
            contact.city,
            contact.country,
        ),
        frozenset(account for account in contact.accounts if account),
    )


def survey(profiles: Iterable[Profile], limits: Limits | None = None) -> Context:
    """Find values that several people share, and common names."""
    limits = limits or Limits()
    users: dict[str, dict[str, name.Name]] = {}
    doors: dict[str, set[str]] = {}
    names: Counter[str] = Counter()
    for item in profiles:
        if item.name is None:
            continue
        names[item.name.key] += 1
        if item.place:
            doors.setdefault(item.place.key, set()).add(item.name.key)
        for value in (item.mailbox and item.mailbox.address, item.phone):
            if value:
                users.setdefault(value, {})[item.name.key] = item.name
    least = max(limits.common * sum(names.values()), 3)
    return Context(
        frozenset(
            value
            for value, known in users.items()
            if len(known) > limits.names_of_a_value and _conflict(list(known.values()))
        ),
        frozenset(
            value
            for value, known in (*users.items(), *doors.items())
            if len(known) > limits.names_of_a_crowd
        ),
        frozenset(key for key, count in names.items() if count > least),
        limits,
    )


def _conflict(names: list[name.Name]) -> bool:
    """Whether names that cannot be one person's are among them."""
    # Many names are enough of a sign; comparing them all would take too long.
    if len(names) > 20:
        return True
    return any(
        name.compare(left, right) in CONFLICTS
        for i, left in enumerate(names)
        for right in names[i + 1 :]
    )


def match(left: Profile, right: Profile, context: Context | None = None) -> Link:
    """Score two contacts."""
    context = context or Context()
    likeness = name.compare(left.name, right.name)
    reasons = [
        *_account_reasons(left, right),
        *_mail_reasons(left, right, likeness, context),
        *_phone_reasons(left, right, context),
        *_place_reasons(left, right, context),
        *_name_reasons(left, right, likeness, context),
    ]
    score = sum(WEIGHTS[reason] for reason in reasons)
    limits = context.limits
    certain = score >= limits.certain and (
        Reason.SAME_ACCOUNT in reasons or _is_safe(reasons, likeness)
    )
    return Link(left.key, right.key, score, tuple(reasons), certain)


def _is_safe(reasons: list[Reason], likeness: Likeness) -> bool:
    """Whether the evidence cannot be a relative's: two kinds, or an own mailbox.

    Without a name to compare only the mailbox counts; a number may have had another
    owner, and a house has several people.
    """
    if likeness in CONFLICTS:
        return False
    if Reason.SAME_EMAIL in reasons:
        known = likeness not in (Likeness.UNKNOWN, Likeness.SHORTENED)
        return known or not {Reason.NAMED_MAILBOX, Reason.OTHER_PHONE} & set(reasons)
    at_home = {Reason.SAME_DOOR, Reason.SAME_ROOM} & set(reasons)
    if likeness is Likeness.SHORTENED:
        # Brothers may share a number, and an initial, but no mailbox.
        alone = Reason.OTHER_EMAIL not in reasons
        return bool(at_home) and Reason.SAME_PHONE in reasons and alone
    if likeness not in (Likeness.SAME, Likeness.SURNAME_MISSPELT):
        return False
    contact = {Reason.SAME_PHONE, Reason.SHARED_PHONE, Reason.SHARED_EMAIL}
    if contact & set(reasons) or Reason.SAME_ROOM in reasons:
        return True
    rare = Reason.RARE_NAME in reasons or Reason.MISSPELT_SURNAME in reasons
    return Reason.SAME_DOOR in reasons and rare


def _account_reasons(left: Profile, right: Profile):
    if left.accounts & right.accounts:
        yield Reason.SAME_ACCOUNT


def _mail_reasons(left: Profile, right: Profile, likeness: Likeness, context: Context):
    if not left.mailbox or not right.mailbox:
        return
    if left.mailbox.address != right.mailbox.address:
        # A hash that nobody's address has may be of any spelling.
        if is_hashed(left.mailbox.address) == is_hashed(right.mailbox.address):
            yield Reason.OTHER_EMAIL
        return
    if left.mailbox.address in context.crowded:
        return
    shared = left.mailbox.shared or left.mailbox.address in context.shared
    yield Reason.SHARED_EMAIL if shared else Reason.SAME_EMAIL
    if likeness in (Likeness.UNKNOWN, Likeness.SHORTENED) and any(
        known and _is_relatives(left.mailbox.address, known)
        for known in (left.name, right.name)
    ):
        yield Reason.NAMED_MAILBOX


def _is_relatives(address: str, known: name.Name) -> bool:
    """Whether a mailbox is called as the surname and another given name."""
    letters = re.sub(r"[^a-z]", "", address.partition("@")[0] if "@" in address else "")
    if not known.given or len(known.surname) < 3 or known.surname not in letters:
        return False
    rest = letters.replace(known.surname, "", 1)
    return bool(rest) and not any(
        rest.startswith(given) or given.startswith(rest) for given in known.given
    )


def _phone_reasons(left: Profile, right: Profile, context: Context):
    if not left.phone or not right.phone:
        return
    if left.phone != right.phone:
        if is_hashed(left.phone) == is_hashed(right.phone):
            yield Reason.OTHER_PHONE
        return
    if left.phone in context.crowded:
        return
    shared = left.phone in context.shared
    yield Reason.SHARED_PHONE if shared else Reason.SAME_PHONE


def _place_reasons(left: Profile, right: Profile, context: Context):
    nearness = place.compare(left.place, right.place)
    if nearness is Nearness.SAME and left.place.key not in context.crowded:
        yield Reason.SAME_ROOM if left.place.room else Reason.SAME_DOOR
    elif nearness is Nearness.SAME:
        yield Reason.SAME_BUILDING
    elif nearness is Nearness.BUILDING:
        yield Reason.SAME_BUILDING
    elif nearness is Nearness.NEIGHBOURS:
        yield Reason.NEIGHBOURS


def _name_reasons(left: Profile, right: Profile, likeness: Likeness, context: Context):
    if likeness is Likeness.SAME:
        yield Reason.SAME_NAME
        both = (left.name, right.name)
        if all(known.full and known.key not in context.common_names for known in both):
            yield Reason.RARE_NAME
    elif likeness in NAMES:
        yield NAMES[likeness]
