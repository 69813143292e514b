"""All contacts: groups that are one person, and what a person has to decide."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from . import name
from .hashed import unveil
from .matching import (
    CONFLICTS,
    Context,
    Limits,
    Link,
    Profile,
    Reason,
    match,
    survey,
)

#: contacts that share a value; more of them say that the value is nobody's own
LARGEST_BLOCK = 40
_MAILBOX = {Reason.SAME_EMAIL, Reason.SHARED_EMAIL}
_OWN = {Reason.SAME_PHONE, Reason.SAME_ACCOUNT}


@dataclass(frozen=True)
class Decision:
    """What a person said about two contacts: it stays."""

    left: Hashable
    right: Hashable
    same: bool


@dataclass(frozen=True)
class Resolution:
    """Result.

    :param groups: keys of contacts that are one person, two at least.
    :param links: the certain ones that made the groups.
    :param proposals: for a person to decide, best first.
    """

    groups: tuple[frozenset[Hashable], ...]
    links: tuple[Link, ...]
    proposals: tuple[Link, ...]


@dataclass(frozen=True)
class Regrouping:
    """How stored groups have to change.

    :param group: id of the group, none for a new one.
    :param members: all its contacts afterwards; empty to dissolve it.
    :param joined: contacts that are new in it.
    :param left: contacts that are not in it any more.
    """

    group: Hashable | None
    members: frozenset[Hashable]
    joined: frozenset[Hashable]
    left: frozenset[Hashable]


def resolve(
    profiles: Sequence[Profile],
    decisions: Iterable[Decision] = (),
    limits: Limits | None = None,
) -> Resolution:
    """Group contacts. A hashed value is compared with the plain ones of all.

    :param decisions: of people; "not the same" holds for the groups as a whole.
    """
    profiles = unveil(profiles)
    context = survey(profiles, limits)
    by_key = {item.key: item for item in profiles}
    links = [
        match(by_key[left], by_key[right], context)
        for left, right in candidates(profiles)
    ]
    decided = {frozenset((d.left, d.right)): d.same for d in decisions}
    links = [
        link for link in links if frozenset((link.left, link.right)) not in decided
    ]
    certain, doubtful = _split(links, by_key, context)
    groups = _Groups(by_key, decided)
    for pair, same in decided.items():
        if same and len(pair) == 2 and pair <= by_key.keys():
            groups.join(*pair, forced=True)
    made = []
    for link in sorted(certain, key=lambda item: (-item.score, _order(item))):
        (made if groups.join(link.left, link.right) else doubtful).append(link)
    proposals = [link for link in doubtful if groups.apart(link.left, link.right)]
    return Resolution(
        tuple(sorted(groups.found(), key=lambda group: sorted(map(str, group)))),
        tuple(made),
        tuple(sorted(proposals, key=lambda item: (-item.score, _order(item)))),
    )


def _order(link: Link):
    return tuple(sorted((str(link.left), str(link.right))))


def candidates(profiles: Iterable[Profile]) -> set[tuple[Hashable, Hashable]]:
    """Pairs of contacts that share something worth a look."""
    blocks: dict[tuple[str, str], list[Hashable]] = defaultdict(list)
    for item in profiles:
        for value in _block_keys(item):
            blocks[value].append(item.key)
    found = set()
    for (kind, _), members in blocks.items():
        # A buyer's account is one person's however often it is seen.
        if kind == "account":
            found.update(zip(members, members[1:], strict=False))
        elif len(members) <= LARGEST_BLOCK:
            found.update(combinations(members, 2))
    return {pair for pair in found if pair[0] != pair[1]}


def _block_keys(item: Profile):
    for account in item.accounts:
        yield "account", account
    if item.mailbox:
        yield "email", item.mailbox.address
    if item.phone:
        yield "phone", item.phone
    if item.place:
        yield "door", item.place.key
        if item.name:
            yield "name", f"{item.place.building}|{item.name.key}"


def _split(links, by_key, context: Context):
    """Certain links and doubtful ones.

    A contact without a full name that is certainly two people who exclude each other is
    neither: "J. Smith" may be John or Jane. And one that has a number of its own beside
    a mailbox may only use a relative's: a number in common has to speak for it.
    """
    neighbours: dict[Hashable, list[Hashable]] = defaultdict(list)
    for link in links:
        if link.certain:
            neighbours[link.left].append(link.right)
            neighbours[link.right].append(link.left)
    torn = {
        key
        for key, others in neighbours.items()
        if any(
            name.compare(by_key[a].name, by_key[b].name) in CONFLICTS
            for a, b in combinations(others[:LARGEST_BLOCK], 2)
        )
    }
    guests = {
        key
        for link in links
        if Reason.OTHER_PHONE in link.reasons and _MAILBOX & set(link.reasons)
        for key in (link.left, link.right)
        if not (by_key[key].name and by_key[key].name.full)
    }
    certain, doubtful = [], []
    for link in links:
        ends = {link.left, link.right}
        guest = ends & guests and not _OWN & set(link.reasons)
        if link.certain and not ends & torn and not guest:
            certain.append(link)
        elif link.score >= context.limits.proposed:
            doubtful.append(link)
    return certain, doubtful


class _Groups:
    """Disjoint sets that refuse to join what excludes each other."""

    def __init__(self, by_key: Mapping[Hashable, Profile], decided):
        self._profiles = by_key
        self._parent: dict[Hashable, Hashable] = {}
        self._members: dict[Hashable, set[Hashable]] = {}
        self._apart: dict[Hashable, set[Hashable]] = defaultdict(set)
        for pair, same in decided.items():
            if not same and len(pair) == 2:
                left, right = pair
                self._apart[left].add(right)
                self._apart[right].add(left)

    def root(self, key: Hashable) -> Hashable:
        parent = self._parent.setdefault(key, key)
        while parent != self._parent[parent]:
            self._parent[parent] = self._parent[self._parent[parent]]
            parent = self._parent[parent]
        self._parent[key] = parent
        return parent

    def members(self, root: Hashable) -> set[Hashable]:
        return self._members.setdefault(root, {root})

    def apart(self, left: Hashable, right: Hashable) -> bool:
        """Whether they are in different groups."""
        return self.root(left) != self.root(right)

    def join(self, left: Hashable, right: Hashable, forced: bool = False) -> bool:
        """Make two groups one.

        :param forced: a person said so: names are not compared.
        :return: whether they are one now.
        """
        a, b = self.root(left), self.root(right)
        if a == b:
            return True
        if self._excluded(a, b) or not (forced or self._compatible(a, b)):
            return False
        if len(self.members(a)) < len(self.members(b)):
            a, b = b, a
        self._parent[b] = a
        self.members(a).update(self._members.pop(b, {b}))
        return True

    def _excluded(self, a: Hashable, b: Hashable) -> bool:
        theirs = self.members(b)
        return any(self._apart[key] & theirs for key in self.members(a))

    def _compatible(self, a: Hashable, b: Hashable) -> bool:
        names = [
            {self._profiles[key].name for key in self.members(root)} for root in (a, b)
        ]
        return not any(
            name.compare(left, right) in CONFLICTS
            for left in names[0]
            for right in names[1]
        )

    def found(self) -> list[frozenset[Hashable]]:
        return [frozenset(keys) for keys in self._members.values() if len(keys) > 1]


def regroup(
    stored: Mapping[Hashable, Hashable], groups: Iterable[frozenset[Hashable]]
) -> list[Regrouping]:
    """What has to change so that stored groups become the resolved ones.

    A group keeps its id where most of its contacts stay together: what is attached to
    it is not lost by a merge or an un-merge.

    :param stored: id of the group by contact.
    :param groups: of a :class:`Resolution`.
    """
    before: dict[Hashable, set[Hashable]] = defaultdict(set)
    for contact, group in stored.items():
        before[group].add(contact)
    claims = []
    wanted = list(groups)
    for index, members in enumerate(wanted):
        overlap = Counter(stored[key] for key in members if key in stored)
        claims += [(count, index, group) for group, count in overlap.items()]
    ids: dict[int, Hashable] = {}
    taken = set()
    for _, index, group in sorted(claims, key=lambda c: (-c[0], c[1], str(c[2]))):
        if index not in ids and group not in taken:
            ids[index] = group
            taken.add(group)
    changes = []
    for index, members in enumerate(wanted):
        group = ids.get(index)
        old = frozenset(before.pop(group, ())) if group is not None else frozenset()
        if members != old:
            changes.append(Regrouping(group, members, members - old, old - members))
    for group, members in before.items():
        changes.append(Regrouping(group, frozenset(), frozenset(), frozenset(members)))
    return changes
