"""What can go wrong between a marketplace and us, as types a caller can act on.

Every error carries a machine-readable ``code`` (the *reason* shown and filtered by in
Odoo) and a message for developers. Texts for people are made in Odoo, translated, from
the code and ``details``. No error ever contains a credential: see
:func:`.transport.redact`.
"""

from __future__ import annotations

from typing import Any


class MarketplaceError(Exception):
    """Base of all errors raised by the pure marketplace code.

    :param message: for developers and logs, in English, without secrets.
    :param details: plain values for the text shown to a person.
    """

    code = "marketplace_error"
    retriable = False

    def __init__(self, message: str = "", **details: Any):
        super().__init__(message or self.code)
        self.details = details


class PayloadError(MarketplaceError):
    """A payload that cannot be understood; trying again will not help.

    :param details: ``field`` (dotted path) and ``value`` (shortened text).
    """

    code = "bad_payload"


class TransportError(MarketplaceError):
    """No usable answer came back."""

    code = "transport"
    retriable = True


class ConnectionFailed(TransportError):
    """The server could not be reached at all (name, port, network)."""

    code = "connection_failed"


class TlsFailed(TransportError):
    """The encrypted connection could not be set up (certificate)."""

    code = "tls_failed"


class TimedOut(TransportError):
    """No answer in time. A write may or may not have happened."""

    code = "timed_out"


class ServerFailed(TransportError):
    """The server answered 5xx."""

    code = "server_failed"


class RateLimited(TransportError):
    """Too many requests; ``details["retry_after"]`` in seconds when told."""

    code = "rate_limited"


class BadAnswer(TransportError):
    """An answer that is not what the protocol promises (HTML, broken JSON, huge)."""

    code = "bad_answer"


class SendingStopped(MarketplaceError):
    """Sending is switched off for this shop; nothing left the house."""

    code = "sending_stopped"
    retriable = True


class RedirectRefused(MarketplaceError):
    """The server points elsewhere; ``details["target"]`` says where.

    Redirects are never followed: the credentials belong to the address that was
    configured, and a signature is only valid for that address.
    """

    code = "redirect_refused"


class AuthenticationFailed(MarketplaceError):
    """The key or its signature was refused."""

    code = "authentication_failed"


class PermissionRefused(MarketplaceError):
    """The key is right but may not do this."""

    code = "permission_refused"


class NotFound(MarketplaceError):
    """The record does not exist on the marketplace (any more)."""

    code = "not_found"


class NotThere(MarketplaceError):
    """There is a server, but not the interface we speak (wrong address, say)."""

    code = "interface_not_found"


class TooOld(MarketplaceError):
    """The shop's software is older than what the interface needs."""

    code = "shop_too_old"


class RequestRefused(MarketplaceError):
    """The marketplace understood and refused the request (4xx)."""

    code = "request_refused"


class NotSupported(MarketplaceError):
    """This marketplace has no such thing; see :class:`.base.Capability`."""

    code = "not_supported"


class NotMade(RequestRefused):
    """The marketplace gave up making what was to be fetched; it will not try again."""

    code = "not_made"


class AlreadyDone(RequestRefused):
    """The marketplace says that it cannot be done (any more), for good.

    A shipped order that is to be cancelled, say; ``details["remote_message"]`` has the
    marketplace's words.
    """

    code = "too_late"


class BuyerMustAsk(AlreadyDone):
    """Only the buyer can set this going at the marketplace; the seller then agrees.

    A paid order that is to be called off, money back that nobody has asked for.
    """

    code = "buyer_must_ask"


class NotChecked(MarketplaceError):
    """A webhook whose signature could not be checked now: it is to be sent again."""

    code = "signature_not_checked"
    retriable = True


class SignatureInvalid(MarketplaceError):
    """A webhook whose signature is missing or wrong."""

    code = "signature_invalid"
