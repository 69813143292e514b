"""Layers that begin with an id: the same order, payment or refund on both sides.

Lines and items are joined by hash of their normalised ids. Within the few that share an
id the amounts decide who is who; whatever is left over has a reason.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from statistics import median

from .board import Board
from .schema import FaultKind, Layer
from .subsets import Solver

MAX_PARTS = 12  # lines of one order that may add up to an item
MAX_SHARED = 100  # items, or lines, that share what then is no id
LONG = 10  # characters of an id that nobody has by chance
MIN_PEERS = 3  # conversions that tell the rate of a further one
PEER_BAND = 0.10


@dataclass
class Leftovers:
    """Lines with a known id that the amounts did not settle.

    :param surplus: line -> items with its id, all of which are paid already.
    :param off: line -> the only item with its id, of another amount.
    :param fx: line -> the only item with its id, in another currency.
    :param among: items with one id -> lines with it; no amount tells who is who.
    """

    surplus: dict[int, tuple[int, ...]] = field(default_factory=dict)
    off: dict[int, int] = field(default_factory=dict)
    fx: dict[int, int] = field(default_factory=dict)
    among: dict[tuple[int, ...], list[int]] = field(default_factory=dict)


def drop_repeated(board: Board) -> None:
    """L0: a line that has the id of another one is that line."""
    before = None
    for place, line in enumerate(board.lines):
        if line.id == before:
            board.refuse(place, "duplicate", repeats=line.id)
            board.fault(
                FaultKind.DUPLICATE, line=line.id, related=line.id, amount=line.amount
            )
        before = line.id


def join(board: Board) -> Leftovers:
    """L1 and L2: settle what shares an id; returns what the amounts left over."""
    index: dict[str, list[int]] = defaultdict(list)
    for item, refs in enumerate(board.item_refs):
        for ref in refs:
            index[ref].append(item)
    _drop_common(board, index)
    board.index = index
    groups: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for line, refs in enumerate(board.line_refs):
        if not board.open_lines[line] or not refs:
            continue
        found = _candidates(board, line, refs, index)
        if found:
            groups[found].append(line)
    rest = Leftovers()
    # Those that fit one item only come first: they leave less to choose from.
    for items in sorted(groups, key=lambda key: (len(key), key)):
        lines = groups[items]
        if len(items) == len(lines) == 1 and _is_plain(board, lines[0], items[0]):
            evidence = {"ids": _shared(board, lines[0], items[0])}
            board.accept((lines[0],), items, Layer.ID, evidence)
        else:
            _settle(board, items, lines, rest)
    return rest


def _drop_common(board: Board, index: dict[str, list[int]]) -> None:
    """Forget what only looks like an id: the name of the channel, of a payout..."""
    for ref in [ref for ref, items in index.items() if len(items) > MAX_SHARED]:
        del index[ref]
    counts = Counter(ref for refs in board.line_refs for ref in refs)
    common = {ref for ref, n in counts.items() if n > MAX_SHARED and ref not in index}
    if not common:
        return
    for line, refs in enumerate(board.line_refs):
        if not common.isdisjoint(refs):
            board.line_refs[line] = tuple(ref for ref in refs if ref not in common)


def _is_plain(board: Board, line: int, item: int) -> bool:
    """Whether one line says what one open item says: so it is with nearly all."""
    return (
        board.open_items[item]
        and board.line_amounts[line] == board.item_amounts[item]
        and board.lines[line].currency == board.items[item].currency
        and not (board.lines[line].payout and board.items[item].payout)
    )


def _candidates(board: Board, line: int, refs, index) -> tuple[int, ...]:
    """Items that share an id: those that share most exact ones, of the same sign."""
    best: set[int] = set()
    for ref in refs:
        hits = index.get(ref)
        if not hits:
            continue
        found = {item for item in hits if board.same_sign(line, item)}
        if not best:
            best = found
        elif found and best & found:
            best &= found
        elif found:
            exact = {item for item in best | found if board.same_amount(line, item)}
            if len(exact) != 1:
                board.refuse(
                    line,
                    "ids_contradict",
                    [
                        board.suggestion((item,), 0.5, layer="id")
                        for item in sorted(best | found)[:4]
                    ],
                )
                return ()
            best = exact
    if not best and board.open_lines[line] and any(ref in index for ref in refs):
        board.refuse(line, "no_candidate", known_id=refs[0])
        entry = board.lines[line]
        board.fault(FaultKind.GHOST, line=entry.id, amount=entry.amount)
    return tuple(sorted(best))


def _settle(
    board: Board, items: tuple[int, ...], lines: list[int], rest: Leftovers
) -> None:
    """Decide within those that share an id."""
    owed = [item for item in items if board.open_items[item]]
    lines = sorted(lines, key=lambda line: _seniority(board, line))
    lines = _exact(board, owed, lines, len(items))
    owed = [item for item in owed if board.open_items[item]]
    if lines and owed:
        lines = _parts(board, owed, lines)
        owed = [item for item in owed if board.open_items[item]]
    if lines and owed:
        lines = _net_of_fees(board, owed, lines)
        owed = [item for item in owed if board.open_items[item]]
    for line in lines:
        if not owed:
            rest.surplus[line] = items
        elif len(owed) > 1 or len(lines) > 1:
            rest.among.setdefault(tuple(owed), []).append(line)
        elif board.lines[line].currency != board.items[owed[0]].currency:
            rest.fx[line] = owed[0]
        else:
            rest.off[line] = owed[0]


def _seniority(board: Board, line: int) -> tuple:
    entry = board.lines[line]
    return (str(entry.date or ""), entry.id)


def _exact(board: Board, owed: list[int], lines: list[int], known: int) -> list[int]:
    """Pair equal amounts; returns the lines that found nothing."""
    by_amount: dict[tuple[str, int], list[int]] = defaultdict(list)
    for item in owed:
        key = (board.items[item].currency, board.item_amounts[item])
        by_amount[key].append(item)
    left = []
    for line in lines:
        entry = board.lines[line]
        found = by_amount.get((entry.currency, board.line_amounts[line]))
        if not found and entry.original_amount is not None:
            units = int(entry.original_amount.scaleb(board.digits))
            found = by_amount.get((entry.original_currency, units))
        if not found:
            left.append(line)
            continue
        item = _nearest(board, line, found)
        if item is None:
            left.append(line)
            continue
        found.remove(item)
        evidence = {"ids": _shared(board, line, item)}
        layer = Layer.ID
        if known > 1:
            layer, evidence["items_with_id"] = Layer.ID_PAYOUT, known
        board.accept((line,), (item,), layer, evidence)
    return left


def _nearest(board: Board, line: int, items: list[int]) -> int | None:
    """The item of the same payout, else the oldest; none of another payout."""
    payout = board.lines[line].payout
    if payout:
        same = [item for item in items if board.items[item].payout == payout]
        items = same or [item for item in items if not board.items[item].payout]
    if not items:
        return None
    return min(items, key=lambda i: (str(board.items[i].date or ""), board.items[i].id))


def _shared(board: Board, line: int, item: int) -> tuple[str, ...]:
    """Ids that both sides name."""
    known = board.item_refs[item]
    return tuple(ref for ref in board.line_refs[line] if ref in known)


def _parts(board: Board, owed: list[int], lines: list[int]) -> list[int]:
    """Several lines that add up to an item, or one line that is several items."""
    for item in owed:
        currency = board.items[item].currency
        parts = [p for p in lines if board.lines[p].currency == currency]
        if not 2 <= len(parts) <= MAX_PARTS:
            continue
        chosen = _subset(
            [board.line_amounts[part] for part in parts], board.item_amounts[item]
        )
        if chosen:
            taken = tuple(parts[place] for place in chosen)
            board.accept(
                taken,
                (item,),
                Layer.ID_SPLIT,
                {"ids": _shared(board, taken[0], item), "parts": len(taken)},
            )
            lines = [line for line in lines if line not in taken]
    left = []
    for line in lines:
        currency = board.lines[line].currency
        open_items = [
            item
            for item in owed
            if board.open_items[item] and board.items[item].currency == currency
        ]
        chosen = None
        if 2 <= len(open_items) <= MAX_PARTS:
            chosen = _subset(
                [board.item_amounts[item] for item in open_items],
                board.line_amounts[line],
            )
        if chosen:
            items = tuple(open_items[place] for place in chosen)
            evidence = {"ids": _shared(board, line, items[0]), "items": len(items)}
            board.accept((line,), items, Layer.ID_SPLIT, evidence)
        else:
            left.append(line)
    return left


def _subset(amounts: list[int], target: int) -> tuple[int, ...] | None:
    """The only subset that adds up; of equal amounts the first are taken."""
    positive = [abs(amount) for amount in amounts]
    if not all(positive):
        return None
    _count, found = Solver(positive).solve(abs(target))
    if not found:
        return None
    kinds = {tuple(sorted(positive[p] for p in one)) for one in found}
    if len(kinds) > 1:
        return None
    wanted = list(next(iter(kinds)))
    chosen = []
    for place, amount in enumerate(positive):
        if amount in wanted:
            wanted.remove(amount)
            chosen.append(place)
    return tuple(chosen)


def _net_of_fees(board: Board, owed: list[int], lines: list[int]) -> list[int]:
    """Lines that are an item less a fee of the rate card."""
    left = []
    for line in lines:
        found = [
            (item, rate)
            for item in owed
            if board.open_items[item] and (rate := board.fee_rate(line, item))
        ]
        if len(found) != 1:
            left.append(line)
            continue
        item, rate = found[0]
        evidence = {"ids": _shared(board, line, item), "rate": rate.name}
        board.accept((line,), (item,), Layer.ID_FEE, evidence)
    return left


def refuse_among(board: Board, line: int, owed: list[int]) -> None:
    """Several items or lines with one id, and no amount that tells them apart."""
    amount = abs(board.line_amounts[line])
    board.refuse(
        line,
        "ambiguous",
        [
            board.suggestion(
                (item,),
                0.4 + 0.5 * _closeness(amount, abs(board.item_amounts[item])),
                layer=Layer.ID_PAYOUT.value,
            )
            for item in owed[:10]
        ],
        items_with_id=len(owed),
    )


def _closeness(left: int, right: int) -> float:
    return min(left, right) / max(left, right) if left and right else 0.0


# -- what is in another currency -------------------------------------------------------


def convert(board: Board, rest: Leftovers) -> None:
    """L6 with an id: accepted at the known rate, or at that of enough others."""
    implied: dict[tuple[str, str], list[float]] = defaultdict(list)
    for line, item in rest.fx.items():
        implied[_pair(board, line, item)].append(_rate(board, line, item))
    for line, item in sorted(rest.fx.items()):
        if not board.open_items[item]:
            rest.surplus[line] = (item,)
            continue
        pair, rate = _pair(board, line, item), _rate(board, line, item)
        known = board.policy.fx_rates.get(pair)
        if known is None and (back := board.policy.fx_rates.get(pair[::-1])):
            known = 1 / back
        peers = implied[pair]
        if known is not None:
            expected, band, source = float(known), float(board.policy.fx_band), "rate"
        elif len(peers) > MIN_PEERS:
            expected, band, source = median(peers), PEER_BAND, "peers"
        else:
            expected, band, source = 0.0, 0.0, ""
        evidence = {
            "ids": _shared(board, line, item),
            "implied_rate": round(rate, 6),
            "expected_rate": round(expected, 6),
            "source": source,
        }
        if (
            expected
            and abs(rate / expected - 1) <= band
            and _is_timely(board, line, item)
        ):
            board.accept((line,), (item,), Layer.ID_FX, evidence)
        else:
            board.refuse(
                line,
                "fx",
                [board.suggestion((item,), 0.7, layer=Layer.ID_FX.value)],
                **evidence,
            )


def _is_timely(board: Board, line: int, item: int) -> bool:
    """Whether a line came when lines come, or has an id that nobody has by chance.

    An amount near a rate proves less than an equal one: a wrong digit in a short number
    names another order, which may be as dear.
    """
    longest = max(map(len, _shared(board, line, item)), default=0)
    return longest >= LONG or board.is_usual(line, item)


def _pair(board: Board, line: int, item: int) -> tuple[str, str]:
    return board.items[item].currency, board.lines[line].currency


def _rate(board: Board, line: int, item: int) -> float:
    owed = board.item_amounts[item]
    return board.line_amounts[line] / owed if owed else 0.0


def accept_off(board: Board, line: int, item: int) -> None:
    """Only the id speaks for it: matched, and the difference is a fault."""
    entry, owed = board.lines[line], board.items[item]
    difference = entry.amount - owed.amount
    evidence = {"ids": _shared(board, line, item), "difference": str(difference)}
    if not board.policy.accept_amount_off:
        suggested = board.suggestion((item,), 0.8, layer=Layer.ID_AMOUNT_OFF.value)
        board.refuse(line, "amount_differs", [suggested], **evidence)
        return
    board.accept((line,), (item,), Layer.ID_AMOUNT_OFF, evidence)
    share = Decimal(difference) / owed.amount if owed.amount else Decimal(0)
    board.fault(
        FaultKind.AMOUNT_OFF,
        line=entry.id,
        item=owed.id,
        amount=difference,
        evidence={"share": str(round(share, 4))},
    )
