"""E-mail addresses: one mailbox, one value; relays of marketplaces are nobody's."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .hashed import is_hashed
from .text import is_masked

_ADDRESS = re.compile(r"^[^@\s<>\"(),;:]+@([\w-]+(?:\.[\w-]+)+)$")
#: Domains, and ends of domains, whose addresses stand for an order or a shop and not
#: for a mailbox. Amazon and eBay are told by their developers' documents; the others
#: are not confirmed.
RELAYS = (
    "marketplace.amazon",
    "members.ebay",
    "privaterelay.appleid.com",
    "relay.walmart.com",
    "mozmail.com",
    "duck.com",
    "noreply",
    "no-reply",
    "example",
    "invalid",
)
#: providers that deliver name+anything to name
TAGS = frozenset(
    "gmail.com googlemail.com outlook.com hotmail.com live.com icloud.com me.com "
    "fastmail.com proton.me protonmail.com".split()
)
SAME_AS = {"googlemail.com": "gmail.com", "protonmail.com": "proton.me"}
#: mailboxes of a team
ROLES = frozenset(
    "admin billing buchhaltung contact contabilidad einkauf enquiries finance hello "
    "info invoice kontakt mail office order orders post purchasing sales service shop "
    "support team verkauf webmaster".split()
)


@dataclass(frozen=True)
class Mailbox:
    """An address that a person or a team reads.

    :param address: the same for all spellings.
    :param shared: by a team (``info@``): says less about the person.
    :param spelt: as it was written, in lower case.
    """

    address: str
    shared: bool
    spelt: str = field(default="", compare=False)


def mailbox(text: str, relays: tuple[str, ...] = RELAYS) -> Mailbox | None:
    """The mailbox of an address; none when it is masked, a relay or no address.

    The SHA-256 of an address is a mailbox, too: it equals only itself.

    :param relays: parts of domains whose addresses identify nobody.
    """
    text = text.strip().casefold()
    if is_hashed(text):
        return Mailbox(text, shared=False)
    if is_masked(text) or not (found := _ADDRESS.match(text)):
        return None
    domain = found[1]
    local = text[: -len(domain) - 1]
    if any(f".{relay}." in f".{domain}." for relay in relays) or local.startswith(
        ("noreply", "no-reply", "donotreply")
    ):
        return None
    spelt = text
    domain = SAME_AS.get(domain, domain)
    if domain in TAGS:
        local = local.split("+", 1)[0] or local
    if domain == "gmail.com":
        local = local.replace(".", "")
    return Mailbox(f"{local}@{domain}", local in ROLES, spelt)
