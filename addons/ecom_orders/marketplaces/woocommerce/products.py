"""Rows of products and variations by reference, a hundred at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..errors import NotFound
from . import webhook
from .api import PAGE_LIMIT, Api

REF = re.compile(r"([1-9]\d{0,18})(?:/([1-9]\d{0,18}))?", re.ASCII)


def by_parent(refs: Iterable[str]) -> dict[str, list[str]]:
    """References grouped as the shop wants to be asked: ``""`` = products themselves.

    What is no reference is left out: the shop cannot have it.
    """
    groups: dict[str, list[str]] = {}
    for ref in dict.fromkeys(refs):
        match = REF.fullmatch(ref)
        if match:
            groups.setdefault(match[1] if match[2] else "", []).append(ref)
    return groups


def read_rows(
    api: Api, refs: Iterable[str], fields: str
) -> Iterator[dict[str, Mapping[str, Any]]]:
    """Yield rows by reference, page by page; what is not there is left out.

    :param fields: what is asked for beside the id, e.g. ``"virtual"``.
    """
    for parent, group in by_parent(refs).items():
        for start in range(0, len(group), PAGE_LIMIT):
            rows = _page(api, parent, group[start : start + PAGE_LIMIT], fields)
            if rows:
                yield rows


def _page(
    api: Api, parent: str, refs: list[str], fields: str
) -> dict[str, Mapping[str, Any]]:
    path = f"products/{parent}/variations" if parent else "products"
    ids = {ref.rpartition("/")[2]: ref for ref in refs}
    try:
        page = api.page(
            path,
            "products.include",
            include=",".join(ids),
            per_page=PAGE_LIMIT,
            _fields=f"id,{fields}",
        )
    except NotFound:
        return {}  # the parent is gone, and its variations with it
    found = ((ids.get(webhook.readable_id(row) or ""), row) for row in page.rows)
    return {ref: row for ref, row in found if ref}
