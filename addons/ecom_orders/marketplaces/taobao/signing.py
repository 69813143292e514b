"""Signatures of the Taobao Open Platform.

Source: the platform's documentation of its call protocol. All parameters but ``sign``,
sorted by name in ASCII order, are written as name and value without a separator; the
digest of that text is the signature, in upper-case hexadecimal digits. Parameters
without a value are left out.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

METHODS = ("hmac", "md5", "hmac-sha256")
"""Known values of ``sign_method``; ``hmac`` is HMAC-MD5."""


def sign(parameters: Mapping[str, str], secret: str, method: str = "hmac") -> str:
    """The signature of a call.

    :param parameters: common parameters and those of the call, as text.
    :param secret: of the application.
    :param method: one of :data:`METHODS`; ``md5`` wraps the text in the secret, the
        others use it as the key.
    :raises ValueError: for another method.
    """
    text = "".join(
        f"{name}{value}"
        for name, value in sorted(parameters.items())
        if name != "sign" and value != ""
    )
    key = secret.encode("utf-8")
    message = text.encode("utf-8")
    if method == "md5":
        # The platform's own scheme, no protection of anything kept here.
        return hashlib.md5(key + message + key).hexdigest().upper()
    if method == "hmac":
        return hmac.new(key, message, hashlib.md5).hexdigest().upper()
    if method == "hmac-sha256":
        return hmac.new(key, message, hashlib.sha256).hexdigest().upper()
    raise ValueError(f"unknown method of signing {method!r}")
