"""Refusals, in the platform's shape: HTTP 200 and an object ``error_response``.

Source: the platform's documentation of its error codes. Sub-codes of single interfaces
are those that public programs handle; they are not confirmed.
"""

from __future__ import annotations

from typing import Any


class TopError(Exception):
    """A refusal. ``code`` is the platform's, ``sub_code`` the interface's."""

    def __init__(
        self, code: int, msg: str, sub_code: str = "", sub_msg: str = ""
    ) -> None:
        super().__init__(f"{code} {sub_code or msg}")
        self.body: dict[str, Any] = {"code": code, "msg": msg}
        if sub_code:
            self.body |= {"sub_code": sub_code, "sub_msg": sub_msg}


def remote(sub_code: str, sub_msg: str) -> TopError:
    """The interface behind the gateway refuses."""
    return TopError(15, "Remote service error", sub_code, sub_msg)


def invalid(name: str, why: str = "") -> TopError:
    """A parameter makes no sense."""
    text = why or f"{name}参数无效"
    return TopError(41, "Invalid arguments", f"isv.invalid-parameter:{name}", text)


def missing(name: str) -> TopError:
    """A parameter is not there."""
    code = f"isv.missing-parameter:{name}"
    return TopError(40, "Missing required arguments", code, f"缺少必要的参数{name}")


def no_trade() -> TopError:
    """There is no such trade."""
    return remote("isv.trade-not-exist", "交易订单不存在")


def limited(sub_msg: str) -> TopError:
    """Too many calls."""
    code = "accesscontrol.limited-by-api-access-count"
    return TopError(7, "App Call Limited", code, sub_msg)
