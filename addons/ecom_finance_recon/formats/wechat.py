"""WeChat Pay (微信支付): 交易账单 (trades) and 资金账单 (funds) of merchants.

Source: ``/v3/bill/tradebill`` and ``/v3/bill/fundflowbill``. Every value begins with a
backtick, headers do not; the last two lines are a header and values of totals. Fees
have five decimals and are rounded in the fund bill only. Times are China's.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from .amounts import read_amount
from .base import WALLET, Book, Draft, Format, register, types
from .chain import BalanceChain
from .document import Document
from .errors import FileDamaged, NothingInside
from .moments import SHANGHAI
from .schema import ZERO, FeeType, Kind
from .tables import Row, normal

_TICK = "`"


class _Settings:
    """What :class:`~.tables.Row` asks its table for."""

    decimal = "."
    day_first = True

    def __init__(self, zone):
        self.zone = zone


class _WeChatBill(Format):
    """Rows of backticks between two headers."""

    required: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()

    def sniff(self, document: Document) -> int:
        if document.is_workbook:
            return 0
        lines = document.head.splitlines()
        names = {normal(cell) for cell in lines[0].split(",")} if lines else set()
        return 95 if set(self.required) <= names else 0

    def rows(self, document: Document, zone) -> Iterator[tuple[bool, Row]]:
        """Rows with whether they are the totals."""
        settings = _Settings(zone)
        names: list[str] = []
        for number, line in self._records(document):
            if not line.startswith(_TICK):
                names = [normal(cell) for cell in line.split(",")]
                continue
            cells = line[1:].split(f",{_TICK}")
            if len(cells) > len(names):
                raise FileDamaged(f"row {number}: too many cells", why="cells")
            values = {
                name: text
                for name, cell in zip(names, cells, strict=False)
                if (text := cell.strip())
            }
            is_total = self.totals[0] in names and self.required[0] not in names
            yield is_total, Row(number, values, settings)

    def _records(self, document: Document) -> Iterator[tuple[int, str]]:
        """Lines put together again where a name of goods has a line break."""
        waiting, start, width = "", 0, 0
        for number, line in enumerate(document.lines(), start=1):
            line = line.strip("\r\n\ufeff")
            if not line.strip():
                continue
            if waiting and not line.startswith(_TICK) and self._is_cut(waiting, width):
                waiting = f"{waiting} {line}"
                continue
            if waiting:
                yield start, waiting
            if not line.startswith(_TICK):
                width = line.count(",") + 1
            waiting, start = line, number
        if waiting:
            yield start, waiting

    @staticmethod
    def _is_cut(record: str, width: int) -> bool:
        is_value = record.startswith(_TICK)
        return is_value and record.count(f",{_TICK}") + 1 < width

    def _declared(self, row: Row | None, name: str) -> Decimal | None:
        if row is None or name not in row.cells:
            return None
        return read_amount(row.cells[name], ".", row.number, name)


@register
class WeChatTrades(_WeChatBill):
    """交易账单 of any kind (ALL, SUCCESS, REFUND), old column names too."""

    code = "wechat_trade"
    title = "WeChat Pay: trades (交易账单)"
    required = ("交易时间", "微信订单号", "商户订单号", "交易状态", "手续费")
    totals = ("总交易单数",)
    #: total of the file -> columns of the rows, the old names behind the new ones
    controls = {
        "应结订单总金额": ("应结订单金额", "总金额"),
        "退款总金额": ("退款金额",),
        "充值券退款总金额": ("充值券退款金额", "企业红包退款金额"),
        "手续费总金额": ("手续费",),
        "订单总金额": ("订单金额",),
        "申请退款总金额": ("申请退款金额",),
    }
    codes = {
        "应结订单总金额": "sales",
        "退款总金额": "refunds",
        "充值券退款总金额": "coupon_refunds",
        "手续费总金额": "fees",
        "订单总金额": "orders",
        "申请退款总金额": "requested_refunds",
    }
    old_names = {"应结订单总金额": "总交易额", "退款总金额": "总退款金额"}

    def read_into(self, document: Document, book: Book) -> None:
        draft = book.draft("", book.options.currency or "CNY")
        sums = dict.fromkeys(self.controls, ZERO)
        count, footer = 0, None
        for is_total, row in self.rows(document, book.options.zone or SHANGHAI):
            if is_total:
                footer = row
                continue
            count += 1
            for name, columns in self.controls.items():
                sums[name] += self._first(row, columns)
            self._read_row(row, draft)
        draft.reference = draft.account
        self._close(draft, footer, sums, count)

    @staticmethod
    def _first(row: Row, columns: tuple[str, ...]) -> Decimal:
        for column in columns:
            value = row.amount(column)
            if value is not None:
                return value
        return ZERO

    def _read_row(self, row: Row, draft: Draft) -> None:
        special = row.text("特约商户号")  # "0" where there is none
        draft.account = draft.account or special.strip("0") or row.text("商户号")
        order, refund_id = row.text("商户订单号"), row.text("微信退款单号")
        failed = row.text("退款状态").upper() == "FAIL"
        common = {
            "currency": row.text("货币种类"),
            "order_ref": order,
            "merchant_ref": order,
            "posted_at": row.moment("退款成功时间") or row.moment("交易时间"),
            "description": row.text("商品名称"),
            "original_amount": row.amount("订单金额"),
            "original_currency": row.text("货币种类"),
        }
        state = row.text("交易状态")
        payment = row.text("微信订单号")
        sale = self._first(row, self.controls["应结订单总金额"])
        refund = self._first(row, self.controls["退款总金额"])
        is_refund = bool(refund)
        draft.add(
            row,
            Kind.SALE,
            sale,
            part="sale",
            type_code=state,
            transaction_ref=payment,
            **common,
        )
        reference = {
            "transaction_ref": refund_id if is_refund else payment,
            "related_ref": payment if is_refund else "",
        }
        draft.add(
            row,
            Kind.SUSPENSE if failed else Kind.REFUND,
            -refund,
            part="refund",
            type_code="|".join(filter(None, (state, row.text("退款状态")))),
            **reference,
            **common,
        )
        fee = row.amount("手续费")
        draft.add(
            row,
            Kind.FEE,
            -fee if fee else None,
            part="fee",
            fee=FeeType.PAYMENT,
            type_code="手续费",
            **reference,
            **common,
        )

    def _close(
        self, draft: Draft, footer: Row | None, sums: dict[str, Decimal], count: int
    ) -> None:
        declared = {}
        for name in self.controls:
            value = self._declared(footer, name)
            if value is None and name in self.old_names:
                value = self._declared(footer, self.old_names[name])
            declared[name] = value
        parts = [declared[name] for name in ("应结订单总金额", "退款总金额")]
        fees = self._rounded(sums["手续费总金额"], declared["手续费总金额"])
        received = sums["应结订单总金额"] - sums["退款总金额"] - fees
        if None in (*parts, declared["手续费总金额"]):
            draft.check("total", None, received)
        else:
            draft.check(
                "total", parts[0] - parts[1] - declared["手续费总金额"], received
            )
        draft.check("count", self._declared(footer, "总交易单数"), Decimal(count))
        for name, code in self.codes.items():
            if declared[name] is not None:
                draft.check(
                    code, declared[name], self._rounded(sums[name], declared[name])
                )

    @staticmethod
    def _rounded(total: Decimal, declared: Decimal | None) -> Decimal:
        """A sum as exact as the file declares it: older bills round fees to cents."""
        if declared is None:
            return total
        exponent = declared.as_tuple().exponent
        if not isinstance(exponent, int) or exponent <= total.as_tuple().exponent:
            return total
        return round(total, -exponent)


@register
class WeChatFunds(_WeChatBill):
    """资金账单: every movement of the merchant's balance."""

    code = "wechat_funds"
    title = "WeChat Pay: funds (资金账单)"
    family = WALLET
    required = ("记账时间", "资金流水单号", "业务类型", "收支类型", "收支金额(元)")
    totals = ("资金流水总笔数",)
    kinds = types(
        {
            (Kind.SALE, None): ("交易", "支付"),
            (Kind.REFUND, None): ("退款",),
            (Kind.FEE, FeeType.PAYMENT): (
                "扣除交易手续费",
                "手续费",
                "手续费返还",
                "交易手续费",
            ),
            (Kind.TRANSFER, None): ("提现", "充值", "转账"),
            (Kind.RESERVE, None): ("冻结", "解冻"),
        }
    )

    def read_into(self, document: Document, book: Book) -> None:
        draft = book.draft("", book.options.currency or "CNY")
        chain = BalanceChain()
        sums = {"收入": [ZERO, ZERO], "支出": [ZERO, ZERO]}
        footer = None
        for is_total, row in self.rows(document, book.options.zone or SHANGHAI):
            if is_total:
                footer = row
            else:
                self._read_row(row, draft, chain, sums)
        count = sums["收入"][0] + sums["支出"][0]
        income = self._declared(footer, "收入金额")
        expense = self._declared(footer, "支出金额")
        missing = income is None or expense is None
        draft.check("total", None if missing else income - expense, draft.total)
        draft.check("count", self._declared(footer, "资金流水总笔数"), count)
        for word, code in (("收入", "income"), ("支出", "expense")):
            draft.check(code, self._declared(footer, f"{word}金额"), sums[word][1])
            draft.check(
                f"{code}_count", self._declared(footer, f"{word}笔数"), sums[word][0]
            )
        draft.check("balance_gaps", ZERO, Decimal(chain.gaps))
        draft.opening, draft.closing = chain.opening, chain.closing

    def _read_row(self, row: Row, draft: Draft, chain: BalanceChain, sums) -> None:
        direction = row.text("收支类型")
        amount = row.need("收支金额(元)")
        if direction not in sums:
            raise FileDamaged(f"row {row.number}: 收支类型", why="direction")
        sums[direction][0] += 1
        sums[direction][1] += amount
        signed = amount if direction == "收入" else -amount
        balance = row.amount("账户结余(元)")
        if balance is not None:
            chain.add(signed, balance)
        name, business = row.text("业务名称"), row.text("业务类型")
        kind, fee = self.kinds.get(business) or self.kinds.get(
            name, (Kind.SUSPENSE, None)
        )
        draft.add(
            row,
            kind,
            signed,
            part=direction,
            identity=row.text("资金流水单号"),
            fee=fee,
            type_code="|".join(filter(None, (business, name))),
            order_ref=row.text("业务凭证号"),
            merchant_ref=row.text("业务凭证号"),
            transaction_ref=row.text("微信支付业务单号"),
            posted_at=row.moment("记账时间"),
            description=row.text("备注"),
            balance=balance,
        )


@register
class WeChatNoBill(Format):
    """The answer for a day without trades: no empty bill, but a refusal."""

    code = "wechat_no_bill"
    title = "WeChat Pay: no bill on that day"

    def sniff(self, document: Document) -> int:
        if document.is_workbook or document.source.size > 4096:
            return 0
        words = ("No Bill Exist", "NO_STATEMENT_EXIST", "NO_BILL_EXIST")
        return 99 if any(word in document.head for word in words) else 0

    def read_into(self, document: Document, book: Book) -> None:
        raise NothingInside("no trades on that day")
