"""Personal bills of Alipay, WeChat and JD: sums by direction in the titles above.

The amount has no sign; 收/支 tells it. What is neither (不计收支, ``/``)
has no direction at all: such rows are a settlement of their own, named ``neutral``, for
a person to judge. The bills themselves say that rows need not add up to the titles.
"""

from __future__ import annotations

import re
from decimal import Decimal

from .amounts import parse_amount, read_amount
from .base import WALLET, Book, Draft, register
from .document import Document
from .moments import SHANGHAI
from .schema import ZERO, FeeType, Kind
from .tables import Row, Table, TableFormat

_TOTAL = re.compile(
    r"(收入|支出|不计收支|中性交易)[::]\s*(\d+)\s*笔(?:\([^)]*\))?[\s,]*([\d.,]+)\s*元"
)
_COUNT = re.compile(r"共[::]?\s*(\d+)\s*笔")
_ACCOUNT = re.compile(r"(?:支付宝账户|微信昵称|京东账号名)[::]\s*\[?([^\],]+)")
_REFUNDED = re.compile(r"^(.*?)\((?:已退款([\d.,]+)|(已全额退款))\)$")
_WECHAT_FEE = re.compile(r"服务费[¥￥]?([\d.]+)")
_NEUTRAL = frozenset({"不计收支", "/", "中性交易", ""})
_WIDE = str.maketrans("：，（）￥", ":,()¥")


class _PersonalBill(TableFormat):
    """A bill of one person's wallet."""

    family = WALLET
    delimiters = (",",)
    amount_column = ""
    order_column = ""
    merchant_column = ""
    type_columns: tuple[str, ...] = ()
    text_columns: tuple[str, ...] = ()

    def read_into(self, document: Document, book: Book) -> None:
        table = self.table(document, decimal=".", zone=book.options.zone or SHANGHAI)
        sums: dict[str, list[Decimal]] = {}
        main = book.draft("", "CNY")
        for row in table:
            direction = row.cells.get("收/支", "")
            neutral = direction in _NEUTRAL
            amount = self.amount(row)
            total = sums.setdefault("neutral" if neutral else direction, [ZERO, ZERO])
            total[0] += 1
            total[1] += amount
            draft = book.draft("neutral", "CNY") if neutral else main
            self._add(row, draft, direction, amount)
        self._close(book, table, sums)

    def amount(self, row: Row) -> Decimal:
        """The unsigned amount of a row."""
        return row.need(self.amount_column)

    def _add(self, row: Row, draft: Draft, direction: str, amount: Decimal) -> None:
        kind = {"收入": Kind.SALE, "支出": Kind.SUSPENSE}.get(direction, Kind.SUSPENSE)
        words = [row.text(column) for column in self.type_columns]
        draft.add(
            row,
            kind,
            -amount if direction == "支出" else amount,
            type_code="|".join(filter(None, words)),
            order_ref=row.text(self.merchant_column),
            merchant_ref=row.text(self.merchant_column),
            transaction_ref=row.text(self.order_column),
            posted_at=row.moment("交易时间"),
            description=row.text(*self.text_columns),
            partner=row.text("交易对方", "商户名称"),
        )

    def _close(self, book: Book, table: Table, sums: dict[str, list[Decimal]]) -> None:
        text = "\n".join(",".join(cells) for cells in table.preamble).translate(_WIDE)
        main = book.draft("", "CNY")
        if match := _ACCOUNT.search(text):
            main.account = match[1].strip()
        told = {
            match[1]: read_amount(match[3], ".", 0, match[1])
            for match in _TOTAL.finditer(text)
        }
        both = told.get("收入"), told.get("支出")
        main.check("total", None if None in both else both[0] - both[1], main.total)
        for match in _TOTAL.finditer(text):
            word = match[1] if match[1] in ("收入", "支出") else "neutral"
            draft = book.draft("neutral", "CNY") if word == "neutral" else main
            computed = sums.get(word, [ZERO, ZERO])
            code = {"收入": "income", "支出": "expense"}.get(word, word)
            draft.check(code, told[match[1]], computed[1])
            draft.check(f"{code}_count", Decimal(match[2]), computed[0])
        count = sum((total[0] for total in sums.values()), ZERO)
        found = _COUNT.search(text)
        main.check("count", Decimal(found[1]) if found else None, count)
        if "neutral" in sums:
            book.draft("neutral", "CNY").warn("direction_not_told")


@register
class AlipayPersonal(_PersonalBill):
    """电子客户回单 of a personal account."""

    code = "alipay_personal"
    title = "Alipay: personal bill"
    required = ("交易时间", "交易分类", "交易对方", "收/支", "金额", "交易订单号")
    amount_column = "金额"
    order_column, merchant_column = "交易订单号", "商家订单号"
    type_columns = ("交易分类", "交易状态")
    text_columns = ("商品说明", "备注")


@register
class WeChatPersonal(_PersonalBill):
    """微信支付账单明细; the fee of a withdrawal hides in the remark."""

    code = "wechat_personal"
    title = "WeChat: personal bill"
    required = ("交易时间", "交易类型", "交易对方", "收/支", "金额(元)", "交易单号")
    amount_column = "金额(元)"
    order_column, merchant_column = "交易单号", "商户单号"
    type_columns = ("交易类型", "当前状态")
    text_columns = ("商品", "备注")

    def _add(self, row: Row, draft: Draft, direction: str, amount: Decimal) -> None:
        match = _WECHAT_FEE.search(row.text("备注"))
        fee = _fee(match[1]) if match else ZERO
        if not ZERO < fee < amount:
            super()._add(row, draft, direction, amount)
            return
        super()._add(row, draft, direction, amount - fee)
        draft.add(
            row,
            Kind.FEE,
            fee if direction in _NEUTRAL else -fee,
            part="fee",
            fee=FeeType.PAYMENT,
            type_code="服务费",
            transaction_ref=row.text(self.order_column),
            posted_at=row.moment("交易时间"),
        )


@register
class JdPersonal(_PersonalBill):
    """京东 bill: ``131.77(已退款89.84)`` is what was paid and what came back of it."""

    code = "jd_personal"
    title = "JD: personal bill"
    required = ("交易时间", "商户名称", "交易说明", "金额", "收/支", "交易订单号")
    amount_column = "金额"
    order_column, merchant_column = "交易订单号", "商家订单号"
    type_columns = ("交易分类", "交易状态")
    text_columns = ("交易说明", "备注")

    def amount(self, row: Row) -> Decimal:
        text = row.text("金额").translate(_WIDE)
        match = _REFUNDED.match(text)
        if match is None:
            return row.need("金额")
        paid = read_amount(match[1], ".", row.number, "金额") or ZERO
        if match[3]:
            return ZERO
        return paid - (read_amount(match[2], ".", row.number, "金额") or ZERO)


def _fee(text: str) -> Decimal:
    """A fee that somebody's remark names; a remark that names none says nothing."""
    try:
        return parse_amount(text) or ZERO
    except ValueError:
        return ZERO
