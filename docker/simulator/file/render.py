"""Writes the orders of the world as a CSV file, a row for each line.

Amounts are without tax. Two styles: ``plain`` (UTF-8, English, commas, UTC) and
``chinese`` (GB 18030, Chinese names and words, semicolons, a title above the header,
ids kept from spreadsheets, times of China).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from ..world.model import TRASH, ItemTax, LineItem, Order, TaxRate
from ..world.money import ZERO, fixed, plain, total_of
from ..world.shop import World


@dataclass(frozen=True)
class Style:
    """How a file is written."""

    encoding: str
    delimiter: str
    zone: timezone
    columns: tuple[str, ...]
    statuses: dict[str, str]
    title: str = ""
    protected_ids: bool = False


_PLAIN = Style(
    encoding="utf-8",
    delimiter=",",
    zone=timezone.utc,
    columns=(
        "Order number",
        "Order date",
        "Updated at",
        "Paid at",
        "Status",
        "Currency",
        "Total",
        "Shipping",
        "Shipping tax",
        "Shipping tax rate",
        "Refunded",
        "Shipping method",
        "Payment method",
        "Note",
        "Recipient",
        "Company",
        "Street",
        "Street 2",
        "City",
        "Zip",
        "State",
        "Country",
        "Phone",
        "Email",
        "Line id",
        "SKU",
        "Product name",
        "Quantity",
        "Line total",
        "Item tax",
        "Tax rate",
        "Shipped quantity",
    ),
    statuses={},
)
_CHINESE = Style(
    encoding="gb18030",
    delimiter=";",
    zone=timezone(timedelta(hours=8)),
    columns=(
        "订单编号",
        "订单创建时间",
        "更新时间",
        "付款时间",
        "订单状态",
        "币种",
        "总金额",
        "运费",
        "运费税",
        "运费税率",
        "退款金额",
        "运送方式",
        "支付方式",
        "买家留言",
        "收货人姓名",
        "公司",
        "收货地址",
        "街道",
        "城市",
        "邮编",
        "省份",
        "国家",
        "手机",
        "邮箱",
        "子订单编号",
        "商家编码",
        "商品名称",
        "数量",
        "小计",
        "税额",
        "税率",
        "已发数量",
    ),
    statuses={
        "pending": "等待买家付款",
        "processing": "待发货",
        "on-hold": "锁定",
        "completed": "交易成功",
        "cancelled": "交易关闭",
        "refunded": "退款成功",
        "failed": "支付失败",
    },
    title="订单导出",
    protected_ids=True,
)
STYLES = {"plain": _PLAIN, "chinese": _CHINESE}


def render(world: World, style: Style) -> bytes:
    """Return the file with every order that is not in the trash, oldest first."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=style.delimiter, lineterminator="\r\n")
    if style.title:
        writer.writerow([style.title])
        writer.writerow([])
    writer.writerow(style.columns)
    for order in sorted(world.orders(), key=lambda order: order.id):
        if order.status != TRASH:
            writer.writerows(_rows(world, order, style))
    return text.getvalue().encode(style.encoding)


def _rows(world: World, order: Order, style: Style) -> Iterator[list[str]]:
    head = _head(world, order, style)
    shipped = _shipped(world, order)
    rates = {rate.id: rate for rate in world.rates()}
    for line in order.lines:
        parcels = shipped.get(line.id, 0)
        yield [*head, *_line(line, parcels, rates, _id_writer(style))]


def _id_writer(style: Style) -> Callable[[object], str]:
    if style.protected_ids:
        return lambda value: f'="{value}"'
    return str


def _head(world: World, order: Order, style: Style) -> list[str]:
    address = order.shipping if order.shipping.address_1 else order.billing
    places = order.decimals
    shipping_tax = total_of(line.total_tax for line in order.shipping_lines)
    shipping = total_of(line.total for line in order.shipping_lines)
    names = (address.first_name, address.last_name)
    return [
        _id_writer(style)(order.number),
        _moment(order.created, style),
        _moment(order.modified, style),
        _moment(order.paid, style),
        style.statuses.get(order.status, order.status),
        order.currency,
        fixed(order.totals.total, places),
        plain(shipping),
        plain(shipping_tax),
        _percent(
            (tax for line in order.shipping_lines for tax in line.taxes),
            {rate.id: rate for rate in world.rates()},
        ),
        fixed(world.refunded(order.id), places),
        ", ".join(line.method_title for line in order.shipping_lines),
        order.payment_method,
        order.customer_note,
        " ".join(name for name in names if name),
        address.company,
        address.address_1,
        address.address_2,
        address.city,
        address.postcode,
        address.state,
        address.country,
        order.billing.phone,
        order.billing.email,
    ]


def _line(
    line: LineItem,
    shipped: int,
    rates: dict[int, TaxRate],
    write_id: Callable[[object], str],
) -> list[str]:
    return [
        write_id(line.id),
        line.sku or "",
        line.name,
        str(line.quantity),
        plain(line.total),
        plain(total_of(tax.total for tax in line.taxes)),
        _percent(line.taxes, rates),
        str(shipped),
    ]


def _percent(taxes: Iterable[ItemTax], rates: dict[int, TaxRate]) -> str:
    """All rates that were levied as one; a compound one is on top of the others."""
    levied = [rates[rate_id] for rate_id in {tax.rate_id for tax in taxes if tax.total}]
    percent = total_of(rate.rate for rate in levied if not rate.compound)
    for rate in levied:
        if rate.compound:
            percent += rate.rate * (Decimal(100) + percent) / 100
    return plain(percent) if percent != ZERO else ""


def _shipped(world: World, order: Order) -> dict[int, int]:
    found: dict[int, int] = {}
    for parcel in world.parcels(order.id):
        for line, quantity in parcel.lines:
            found[line] = found.get(line, 0) + quantity
    return found


def _moment(moment: datetime | None, style: Style) -> str:
    return moment.astimezone(style.zone).strftime("%Y-%m-%d %H:%M:%S") if moment else ""
