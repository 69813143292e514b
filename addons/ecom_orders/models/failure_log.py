"""Failures in the log and in rows, without what the failing rows contain.

PostgreSQL tells of a refused row what is in it (``DETAIL: Failing row contains ...``),
and where a statement broke off (``LINE 1: ...``, values included): buyers' names and
addresses. What helps to find a defect is the kind of error, the constraint and the
place in the code.
"""

import logging
import traceback

import psycopg2


def describe(error):
    """One line of text for an exception.

    :return: ``Type (table.column, constraint): message``; what is not known is left
        out. Of errors of the database only the message proper, and of those about a
        value (class 22) only what comes before the value.
    """
    if not isinstance(error, psycopg2.Error):
        return f"{type(error).__name__}: {error}"
    diagnosis = error.diag
    place = ".".join(filter(None, (diagnosis.table_name, diagnosis.column_name)))
    names = ", ".join(filter(None, (place, diagnosis.constraint_name)))
    message = diagnosis.message_primary or ""
    if isinstance(error, psycopg2.DataError):
        message = message.partition(": ")[0]
    text = type(error).__name__ + (f" ({names})" if names else "")
    return f"{text}: {message}" if message else text


def log_failure(logger, error, message, *args, level=logging.WARNING):
    """Log an exception that was caught, with the code that led to it.

    :param logger: of the caller's module.
    :param message: what failed, with ``%`` placeholders for ``args``.
    """
    if logger.isEnabledFor(level):
        logger.log(level, f"{message}\n%s", *args, _trace(error))


def _trace(error):
    """The code that led to an exception and to those before it, oldest first."""
    lines, seen = [], set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        frames = traceback.format_tb(error.__traceback__)
        lines[:0] = [*frames, f"{describe(error)}\n"]
        hidden = None if error.__suppress_context__ else error.__context__
        error = error.__cause__ or hidden
    return "".join(lines).rstrip()
