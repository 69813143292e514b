"""One call of the REST API, as the handlers see it, and pages of rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import quote

from ..core.clock import parse_zone
from ..core.message import Request, Response
from ..world.shop import World
from . import errors
from .params import Params
from .render import Renderer
from .wire_format import php_json

Row = TypeVar("Row")

#: Rows in a batch request above which the answer is 413 (recorded).
BATCH_LIMIT = 100
MOST_PER_PAGE = 100


@dataclass(frozen=True)
class Call:
    """A routed, authenticated request."""

    request: Request
    world: World
    site: str
    numbers: tuple[int, ...] = ()
    words: tuple[str, ...] = ()

    @cached_property
    def params(self) -> Params:
        """The query parameters."""
        return Params.of_query(self.request.query)

    @cached_property
    def body(self) -> dict[str, Any]:
        """The JSON body; answers 400 if it is none."""
        try:
            body = self.request.json()
        except ValueError as error:
            raise errors.invalid_json() from error
        return body if isinstance(body, dict) else {}

    @property
    def renderer(self) -> Renderer:
        """A renderer for this answer; ``dp`` asks for other decimals."""
        places = self.params.text("dp")
        wished = int(places) if places.isdigit() else None
        return Renderer(self.world, self.site, wished)

    @property
    def zone(self) -> Any:
        """The shop's time zone."""
        return parse_zone(self.world.settings.timezone)

    @property
    def force(self) -> bool:
        """Tell whether a deletion is meant to be final."""
        query = self.params.flag("force")
        return query or (bool(self.request.body) and bool(self.body.get("force")))

    def require(self, *names: str) -> None:
        """Answer 400 if the body lacks one of ``names``."""
        missing = [name for name in names if name not in self.body]
        if missing:
            raise errors.missing_params(missing)

    def answer(self, payload: Any, status: int = 200) -> Response:
        """Return a JSON answer."""
        return Response.of_json(payload, status, self.api_link, php_json)

    @property
    def api_link(self) -> tuple[tuple[str, str], ...]:
        """The header that every WordPress answer carries."""
        link = f'<{self.site}/wp-json/>; rel="https://api.w.org/"'
        return (("Link", link),)


@dataclass(frozen=True)
class Window:
    """Which part of a list is wanted."""

    page: int
    per_page: int
    offset: int | None

    @classmethod
    def of(cls, params: Params) -> Window:
        """Read and check ``page``, ``per_page`` and ``offset``."""
        page = params.integer("page", 1, least=1)
        per_page = params.integer("per_page", 10, 1, MOST_PER_PAGE)
        offset = params.integer("offset", 0) if "offset" in params.values else None
        return cls(page, per_page, offset)

    def cut(self, rows: Sequence[Row]) -> list[Row]:
        """Return the wanted rows; ``offset`` replaces ``page``."""
        if self.offset is not None:
            start = self.offset
        else:
            start = (self.page - 1) * self.per_page
        return list(rows[start : start + self.per_page])


def page_of(
    call: Call,
    rows: Sequence[Row],
    render: Callable[[Row], Any],
    extra: tuple[tuple[str, str], ...] = (),
) -> tuple[list[Row], Response]:
    """Return the rows of the wanted page and the answer that carries them.

    The rows are cut from a list made for this request, with nothing remembered from
    the page before: an order that is modified in between moves, and its neighbours
    slip past the reader, just as in the real shop.
    """
    window = Window.of(call.params)
    call.params.refuse()
    wanted = window.cut(rows)
    pages = -(-len(rows) // window.per_page)
    response = call.answer([render(row) for row in wanted])
    # Recorded: these two parameters are in the links only if there are rows.
    extra = extra + _row_extras(call, bool(wanted))
    link = _page_links(call, window.page, pages, extra)
    if link:
        response = response.with_header("Link", link)
    response = response.with_header("X-WP-Total", str(len(rows)))
    return wanted, response.with_header("X-WP-TotalPages", str(pages))


def _row_extras(call: Call, has_rows: bool) -> tuple[tuple[str, str], ...]:
    if not has_rows or not call.request.path.endswith("/orders"):
        return ()
    return (("dp", str(call.world.settings.decimals)), ("context", "view"))


def _page_links(
    call: Call, page: int, pages: int, extra: tuple[tuple[str, str], ...]
) -> str:
    """Return the ``Link`` header: beyond the end, "prev" names the last page."""
    links = []
    if page > 1:
        links.append((min(page - 1, max(pages, 1)), "prev"))
    if page < pages:
        links.append((page + 1, "next"))
    return ", ".join(
        f'<{_page_url(call, number, extra)}>; rel="{rel}"' for number, rel in links
    )


def _page_url(call: Call, page: int, extra: tuple[tuple[str, str], ...]) -> str:
    names = {name.split("[")[0] for name, _value in extra}
    pairs = [
        (name, str(page) if name == "page" else value)
        for name, value in call.request.query
        if name.split("[")[0] not in names
    ]
    if not any(name == "page" for name, _value in pairs):
        pairs.append(("page", str(page)))
    query = "&".join(f"{quote(k, '')}={quote(v, '')}" for k, v in (*pairs, *extra))
    return f"{call.site}{call.request.path}?{query}"


def batch(call: Call, verbs: dict[str, Callable[[dict[str, Any]], Any]]) -> Response:
    """Run a batch: errors are told per row inside an answer with status 200.

    Source: recorded batch with an unknown product, and one above the limit.
    """
    asked = {verb: call.body.get(verb) or [] for verb in ("create", "update", "delete")}
    if sum(map(len, asked.values())) > BATCH_LIMIT:
        raise errors.batch_too_large(BATCH_LIMIT)
    answer = {
        verb: [_batch_row(verbs[verb], row) for row in rows]
        for verb, rows in asked.items()
        if rows
    }
    return call.answer(answer)


def _batch_row(verb: Callable[[dict[str, Any]], Any], row: Any) -> Any:
    data = row if isinstance(row, dict) else {"id": row}
    try:
        return verb(data)
    except errors.WooError as error:
        return {"id": data.get("id", 0), "error": error.as_json()}
