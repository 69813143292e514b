"""Alipay (支付宝): merchants' bills 业务明细 (trades) and 账务明细 (balance movements).

Source: ``alipay.data.dataservice.bill.downloadurl.query``, bill types ``trade`` and
``signcustomer``. GB18030, values end with a TAB, times are China's without a zone.
What settles is 商家实收, not 订单金额. The trades serve matching, the movements are the
cash: never post both as money.
"""

from __future__ import annotations

import re
from decimal import Decimal

from .amounts import read_amount
from .base import IGNORED, WALLET, Book, Draft, Format, register, types
from .chain import BalanceChain
from .document import Document
from .moments import SHANGHAI, read_moment
from .schema import ZERO, FeeType, Kind
from .tables import Row, Table, TableFormat, find_header

_COUNT_AND_SUM = re.compile(
    r"#?\s*(交易|退款|支出|收入)合计[::]\s*(\d+)\s*笔[,,]?\s*"
    r"(?:商家实收退款|商家实收)?共\s*([-+\d.,]+)\s*元"
)
_PERIOD = re.compile(r"起始日期[::]\s*\[([^\]]+)\]\s*终止日期[::]\s*\[([^\]]+)\]")
_ACCOUNT = re.compile(r"账[号户][::]\s*\[?([^\]\s,]+)")
_WIDE = str.maketrans("：，（）", ":,()")
_TAOBAO = re.compile(r"T\d{1,3}P(\d{10,})")


def taobao_order(reference: str) -> str:
    """The Taobao order in a merchant's reference (``T200P1234...``), else empty."""
    match = _TAOBAO.fullmatch(reference.strip())
    return match[1] if match else ""


class _Tally:
    """Counts and sums by the provider's word, and the chain of balances."""

    def __init__(self) -> None:
        self.chain = BalanceChain()
        self._sums: dict[str, list[Decimal]] = {}

    def add(self, word: str, amount: Decimal) -> None:
        """One more row of a type."""
        sums = self._sums.setdefault(word, [ZERO, ZERO])
        sums[0] += 1
        sums[1] += amount

    def count(self, word: str) -> Decimal:
        """How many rows of a type there were."""
        return self._sums.get(word, [ZERO, ZERO])[0]

    def total(self, word: str) -> Decimal:
        """What they add up to."""
        return self._sums.get(word, [ZERO, ZERO])[1]


class _AlipayBill(TableFormat):
    """What both bills have in common: titles above, totals below, each begun by #."""

    delimiters = (",",)
    loose = "商品名称"

    def read_into(self, document: Document, book: Book) -> None:
        table = self.table(
            document, decimal=".", zone=book.options.zone or SHANGHAI, loose=self.loose
        )
        draft = book.draft("", "CNY")
        self._read_titles(table, draft)
        totals: dict[str, tuple[Decimal, Decimal]] = {}
        first = table.names[0]
        tally = _Tally()
        for row in table:
            if row.cells.get(first, "").startswith("#") or self._is_footer(row, first):
                self._read_total(row, totals)
            else:
                self.read_row(row, draft, tally)
        self.close(draft, totals, tally)

    @staticmethod
    def _is_footer(row: Row, first: str) -> bool:
        # The older layout of 账务明细 begins its titles and totals without #.
        return bool(
            re.match(r"(支出|收入|交易|退款)合计|导出时间|-{5}", row.text(first))
        )

    @staticmethod
    def _read_titles(table: Table, draft: Draft) -> None:
        for cells in table.preamble:
            text = ",".join(cells).translate(_WIDE)
            if match := _PERIOD.search(text):
                draft.starts_at = read_moment(match[1], 0, "起始日期", table.zone)
                draft.ends_at = read_moment(match[2], 0, "终止日期", table.zone)
            if match := _ACCOUNT.search(text):
                draft.account = match[1]
        draft.reference = draft.account

    @staticmethod
    def _read_total(row: Row, totals: dict[str, tuple[Decimal, Decimal]]) -> None:
        text = ",".join(row.cells.values()).translate(_WIDE)
        for match in _COUNT_AND_SUM.finditer(text):
            total = read_amount(match[3], ".", row.number, match[1])
            totals[match[1]] = (Decimal(match[2]), total or ZERO)

    def read_row(self, row: Row, draft: Draft, tally: _Tally) -> None:
        """Add the amounts of a row."""
        raise NotImplementedError

    def close(
        self,
        draft: Draft,
        totals: dict[str, tuple[Decimal, Decimal]],
        tally: _Tally,
    ) -> None:
        """Note the control totals."""
        raise NotImplementedError


@register
class AlipayTrades(_AlipayBill):
    """业务明细: a row for each trade and each refund."""

    code = "alipay_trade"
    title = "Alipay: trades (业务明细)"
    required = ("支付宝交易号", "商户订单号", "业务类型", "商家实收(元)")
    kinds = types({Kind.SALE: ("交易",), Kind.REFUND: ("退款",)})

    def read_row(self, row: Row, draft: Draft, tally: _Tally) -> None:
        business = row.text("业务类型")
        kind = self.kinds.get(business, Kind.SUSPENSE)
        received = row.need("商家实收(元)")
        tally.add(business, received)
        values = self._values(row, kind)
        draft.add(row, kind, received, part="received", **values)
        draft.add(
            row,
            Kind.FEE,
            row.amount("服务费(元)"),
            part="fee",
            fee=FeeType.PAYMENT,
            **values,
        )
        # Whether 分润 is written with a sign is not confirmed: a person maps it.
        draft.add(
            row, Kind.SUSPENSE, row.amount("分润(元)"), part="profit_share", **values
        )

    def _values(self, row: Row, kind: Kind) -> dict:
        trade, order = row.text("支付宝交易号"), row.text("商户订单号")
        request = row.text("退款批次号/请求号")
        is_refund = kind is Kind.REFUND
        return {
            "type_code": row.text("业务类型"),
            "order_ref": taobao_order(order) or order,
            "merchant_ref": order,
            "transaction_ref": (request if is_refund else "") or trade,
            "related_ref": trade if is_refund else "",
            "posted_at": row.moment("完成时间") or row.moment("创建时间"),
            "description": row.text("商品名称"),
            "partner": row.text("对方账户"),
            "original_amount": row.amount("订单金额(元)"),
            "original_currency": "CNY",
        }

    def close(
        self,
        draft: Draft,
        totals: dict[str, tuple[Decimal, Decimal]],
        tally: _Tally,
    ) -> None:
        words = ("交易", "退款")
        both = [totals[word][1] for word in words if word in totals]
        received = sum((tally.total(word) for word in words), ZERO)
        draft.check("received", sum(both, ZERO) if len(both) == 2 else None, received)
        for word, code in (("交易", "trade"), ("退款", "refund")):
            count, total = totals.get(word, (None, None))
            draft.check(f"{code}_total", total, tally.total(word))
            draft.check(f"{code}_count", count, tally.count(word))


@register
class AlipayMovements(_AlipayBill):
    """账务明细: every movement of the balance, with the balance after it."""

    code = "alipay_account"
    title = "Alipay: account movements (账务明细)"
    family = WALLET
    required = (
        "账务流水号",
        "商户订单号",
        "业务类型",
        "收入金额(+元)",
        "支出金额(-元)",
    )
    kinds = types(
        {
            (Kind.SALE, None): ("在线支付", "交易付款", "交易收款", "收款"),
            (Kind.REFUND, None): ("交易退款", "退款", "退款(交易退款)"),
            (Kind.FEE, FeeType.PAYMENT): ("收费", "服务费", "退费", "收费返还"),
            (Kind.FEE, FeeType.COMMISSION): ("交易佣金", "佣金"),
            (Kind.TRANSFER, None): ("提现", "充值", "转账"),
            (Kind.RESERVE, None): ("冻结", "解冻", "保证金"),
        }
    )

    def read_row(self, row: Row, draft: Draft, tally: _Tally) -> None:
        # 支出 is written with or without its minus.
        received = row.amount("收入金额(+元)") or ZERO
        spent = -(row.amount("支出金额(-元)") or ZERO).copy_abs()
        amount = received + spent
        for word, part in (("收入", received), ("支出", spent)):
            if part:
                tally.add(word, part)
        balance = row.amount("账户余额(元)")
        if balance is not None:
            tally.chain.add(amount, balance)
        business, order = row.text("业务类型"), row.text("商户订单号")
        kind, fee = self.kinds.get(business, (Kind.SUSPENSE, None))
        draft.add(
            row,
            kind,
            amount,
            identity=row.text("账务流水号"),
            fee=fee,
            type_code=business,
            order_ref=row.text("业务基础订单号") or taobao_order(order) or order,
            merchant_ref=order,
            transaction_ref=row.text("业务流水号"),
            posted_at=row.moment("发生时间"),
            description=row.text("商品名称", "备注"),
            partner=row.text("对方账号"),
            balance=balance,
        )

    def close(
        self,
        draft: Draft,
        totals: dict[str, tuple[Decimal, Decimal]],
        tally: _Tally,
    ) -> None:
        declared = [
            total.copy_abs() if word == "收入" else -total.copy_abs()
            for word, (_count, total) in totals.items()
            if word in ("收入", "支出")
        ]
        draft.check(
            "total", sum(declared, ZERO) if len(declared) == 2 else None, draft.total
        )
        for word, code in (("收入", "income"), ("支出", "expense")):
            count = totals[word][0] if word in totals else None
            draft.check(f"{code}_count", count, tally.count(word))
        draft.check("balance_gaps", ZERO, Decimal(tally.chain.gaps))
        draft.opening, draft.closing = tally.chain.opening, tally.chain.closing


@register
class AlipaySummary(Format):
    """汇总: totals by day or shop, which lie beside the bill in the same archive."""

    code = "alipay_summary"
    title = "Alipay: summary (汇总), nothing to import"

    def sniff(self, document: Document) -> int:
        if document.is_workbook:
            return 0
        is_bill = find_header(document, ("商户订单号", "业务类型"), (",",))
        return 0 if is_bill or "汇总" not in document.head[:2000] else 40

    def read_into(self, document: Document, book: Book) -> None:
        """Nothing: what it sums up is in the bill beside it."""


IGNORED.add(AlipaySummary.code)
