"""A file whatever it was made with: text, workbook, JSON or XML, read as a stream.

Nothing is held in memory but the beginning of the file, which is what recognition
looks at. Limits are part of :class:`Limits`; going beyond one raises
:class:`~.errors.TooLarge` or :class:`~.errors.ArchiveRefused`.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from . import encoding
from .errors import (
    ArchiveRefused,
    EncodingUnknown,
    FileDamaged,
    NothingInside,
    TooLarge,
)

HEAD_BYTES = 128 * 1024
HEAD_ROWS = 80
MAX_BREAKS = 500  # line breaks in a row
DELIMITERS = (",", "\t", ";", "|")
ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True)
class Limits:
    """How much is read at most.

    :param bytes: of a file, and of all that an archive unpacks to.
    :param rows: of one file.
    :param kept_lines: lines that are kept in memory when no sink takes them.
    :param line: characters of one line of text.
    :param parsed: bytes of what can only be read whole (JSON, MT940, OFX).
    :param members: of an archive.
    :param ratio: unpacked to packed size of a member of more than a megabyte.
    """

    bytes: int = 4 << 30
    rows: int = 20_000_000
    kept_lines: int = 3_000_000
    line: int = 1 << 20
    parsed: int = 256 << 20
    members: int = 200
    ratio: int = 200


class Source:
    """Bytes that can be opened again and again.

    :param content: bytes, a path, or a binary file object that can seek.
    """

    def __init__(self, content: bytes | str | Path | BinaryIO):
        self._content = content

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """A stream at its beginning."""
        if isinstance(self._content, bytes | bytearray | memoryview):
            yield io.BytesIO(self._content)
        elif isinstance(self._content, str | Path):
            with open(self._content, "rb") as stream:
                yield stream
        else:
            self._content.seek(0)
            yield self._content

    @cached_property
    def size(self) -> int:
        """Length in bytes."""
        with self.open() as stream:
            return stream.seek(0, io.SEEK_END)


class Document:
    """One file that is no archive.

    :param source: where its bytes are.
    :param name: for messages only; recognition never looks at it.
    """

    def __init__(self, source: Source, name: str = "", limits: Limits | None = None):
        self.source = source
        self.name = name
        self.limits = limits or Limits()
        self._heads: dict[str, list[list[str]]] = {}
        if source.size > self.limits.bytes:
            raise TooLarge("the file is too large", limit="bytes", value=source.size)
        if not self.magic.strip(b"\0\t\r\n\x0b\x0c \xef\xbb\xbf"):
            raise NothingInside("the file is empty")

    @cached_property
    def magic(self) -> bytes:
        """The first bytes."""
        with self.source.open() as stream:
            return stream.read(HEAD_BYTES)

    @property
    def is_workbook(self) -> bool:
        """Whether it is a workbook (XLSX)."""
        return self.magic.startswith(ZIP_MAGIC)

    @cached_property
    def is_xml(self) -> bool:
        """Whether it is XML."""
        return not self.is_workbook and bool(re.match(r"\s*<[?!a-zA-Z]", self.head))

    @cached_property
    def is_json(self) -> bool:
        """Whether it begins as a JSON object or list does."""
        return not self.is_workbook and self.head.lstrip()[:1] in ("{", "[")

    @cached_property
    def encoding(self) -> str:
        """Encoding of a text."""
        if self.magic.startswith(OLE_MAGIC):
            raise EncodingUnknown("a workbook of the old kind (XLS): save it as XLSX")
        return encoding.detect(self.source.open)

    @cached_property
    def head(self) -> str:
        """The beginning of a text, empty for a workbook."""
        if self.is_workbook:
            return ""
        return self.magic.decode(self.encoding, "ignore").lstrip("\ufeff")

    # -- whole ---------------------------------------------------------------------

    def text(self) -> str:
        """The whole text, of a file of limited size.

        :raises TooLarge: ``parsed``.
        """
        if self.source.size > self.limits.parsed:
            raise TooLarge("too large to be read whole", limit="parsed")
        with self.source.open() as stream:
            return stream.read().decode(self.encoding).lstrip("\ufeff")

    def json(self) -> Any:
        """The parsed JSON, numbers exact.

        :raises FileDamaged: when it is none.
        """
        try:
            return json.loads(
                self.text(), parse_float=Decimal, parse_constant=_refuse_constant
            )
        except (ValueError, RecursionError) as error:
            raise FileDamaged(f"not JSON: {error}", why="json") from None

    # -- as rows -------------------------------------------------------------------

    def lines(self) -> Iterator[str]:
        """Lines of a text with their ends, one at a time."""
        limit = self.limits.line
        with self.source.open() as stream:
            wrapper = io.TextIOWrapper(stream, encoding=self.encoding, newline="")
            try:
                while line := wrapper.readline(limit):
                    if len(line) >= limit:
                        raise TooLarge("a line never ends", limit="line")
                    yield line
            except UnicodeDecodeError as error:
                raise FileDamaged(f"not text: {error}", why="encoding") from None
            finally:
                with suppress(ValueError):  # the stream may be closed before us
                    wrapper.detach()

    def rows(
        self, delimiter: str = ",", quoted: bool = True
    ) -> Iterator[tuple[int, list[str]]]:
        """Rows of cells with the number of the line (of a sheet: the row).

        :param quoted: whether ``"`` quotes; in flat files with tabs it does not.
        """
        rows = self._sheet_rows() if self.is_workbook else self._csv(delimiter, quoted)
        limit = self.limits.rows
        for count, row in enumerate(rows):
            if count >= limit:
                raise TooLarge("too many rows", limit="rows")
            yield row

    def _csv(self, delimiter: str, quoted: bool) -> Iterator[tuple[int, list[str]]]:
        quotes = 0

        def plain_lines() -> Iterator[str]:
            nonlocal quotes
            for line in self.lines():
                quotes += line.count('"')
                yield line.replace("\0", "")

        reader = csv.reader(
            plain_lines(),
            delimiter=delimiter,
            quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        )
        before, is_open = 0, False
        while True:
            quotes = 0
            try:
                cells = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                raise FileDamaged(
                    f"row {before + 1}: {error}", why="csv", row=before + 1
                ) from None
            if before == 0 and cells:
                cells[0] = cells[0].lstrip("\ufeff")
            # A quote that is never closed takes all that follows into its cell.
            is_open = quoted and reader.line_num - before > 1 and quotes % 2 == 1
            if reader.line_num - before > MAX_BREAKS:
                is_open = True
                break
            yield before + 1, cells
            before = reader.line_num
        if is_open:
            raise FileDamaged("a quote is never closed", why="quote", row=before)

    def _sheet_rows(self) -> Iterator[tuple[int, list[str]]]:
        import openpyxl

        with self.source.open() as stream:
            _check_archive(stream, self.limits)
            try:
                book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
                for sheet in book.worksheets:
                    sheet.reset_dimensions()
                    for number, cells in enumerate(
                        sheet.iter_rows(values_only=True), start=1
                    ):
                        yield number, [_cell_text(cell) for cell in cells]
            except TooLarge:
                raise
            except Exception as error:
                # openpyxl raises whatever its parsers raise for a damaged workbook.
                raise FileDamaged(f"no workbook: {error!r}", why="workbook") from None

    def head_rows(self, delimiter: str) -> list[list[str]]:
        """The first rows, split; cells stripped. Empty when they cannot be split."""
        if delimiter not in self._heads:
            self._heads[delimiter] = self._read_head(delimiter)
        return self._heads[delimiter]

    def _read_head(self, delimiter: str) -> list[list[str]]:
        if self.is_workbook:
            if "," in self._heads:
                return self._heads[","]
            rows = (cells for _number, cells in self.rows())
        else:
            lines = self.head.splitlines(keepends=True)[: HEAD_ROWS * 2]
            rows = csv.reader(
                (line.replace("\0", "") for line in lines), delimiter=delimiter
            )
        found: list[list[str]] = []
        try:
            for cells in rows:
                found.append([cell.strip().strip("\ufeff") for cell in cells])
                if len(found) >= HEAD_ROWS:
                    break
        except csv.Error:
            pass  # what could be split before it is enough to be recognised by
        return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _cell_text(value: Any) -> str:
    """What a cell of a workbook would be in a text file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # repr gives the digits that a person typed: Decimal(882.71) would not.
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


# -- archives --------------------------------------------------------------------------


def is_archive(source: Source) -> bool:
    """Whether it is a zip that is no workbook."""
    with source.open() as stream:
        if stream.read(4) != ZIP_MAGIC:
            return False
    with source.open() as stream, _opened_archive(stream) as archive:
        return "[Content_Types].xml" not in archive.namelist()


@contextmanager
def _opened_archive(stream: BinaryIO) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(stream) as archive:
            yield archive
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OSError,
        UnicodeError,
    ) as error:
        raise ArchiveRefused(f"damaged archive: {error}", why="damaged") from None


def _check_archive(stream: BinaryIO, limits: Limits) -> None:
    """Refuse by what the directory says; reading checks it again.

    :raises ArchiveRefused: ``why`` is bomb, encrypted, members or damaged.
    """
    with _opened_archive(stream) as archive:
        infos = archive.infolist()
    if len(infos) > limits.members:
        raise ArchiveRefused("too many members", why="members")
    if any(info.flag_bits & 1 for info in infos):
        raise ArchiveRefused("the archive has a password", why="encrypted")
    total = sum(info.file_size for info in infos)
    for info in infos:
        ratio = info.file_size / max(info.compress_size, 1)
        if info.file_size > 1 << 20 and ratio > limits.ratio:
            raise ArchiveRefused("unpacks to far more than it is", why="bomb")
    if total > limits.bytes:
        raise ArchiveRefused("unpacks to too much", why="bomb")
    stream.seek(0)


def members(source: Source, limits: Limits) -> Iterator[tuple[str, bytes]]:
    """Name and content of the files of an archive, in the order of the archive.

    Names are as the archive has them (Alipay's are GBK read as CP437): they serve
    messages only.

    :raises ArchiveRefused: bomb, password, too many members, damaged.
    """
    with source.open() as stream:
        _check_archive(stream, limits)
    with source.open() as stream, _opened_archive(stream) as archive:
        left = limits.bytes
        for info in archive.infolist():
            if info.is_dir():
                continue
            with archive.open(info) as member:
                content = member.read(min(left, info.file_size) + 1)
            if len(content) > info.file_size or len(content) > left:
                raise ArchiveRefused("unpacks to more than it says", why="bomb")
            left -= len(content)
            yield _member_name(info), content


def _member_name(info: zipfile.ZipInfo) -> str:
    """The name as its maker meant it: without the UTF-8 flag Alipay's are GBK."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename
