"""Renders the neutral world as WooCommerce REST v3 JSON.

Source: key order, names and types are those of recorded answers of WooCommerce 7.9.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..core.clock import parse_zone
from ..world.model import (
    Address,
    Coupon,
    CouponLine,
    Customer,
    FeeLine,
    ItemTax,
    LineItem,
    Meta,
    Note,
    Order,
    Product,
    Refund,
    ShippingLine,
    Subscription,
    TaxLine,
    TaxRate,
)
from ..world.money import SYMBOLS, fixed, plain
from ..world.shop import World
from .wire_format import gmt, local, number

#: Version that the simulated shop claims to be.
WC_VERSION = "7.9.0"
API = "/wp-json/wc/v3"

Json = dict[str, Any]


@dataclass(frozen=True)
class Renderer:
    """Renders for one answer: the shop's address and the wished decimals."""

    world: World
    site: str
    decimals: int | None = None

    # -- helpers -----------------------------------------------------------

    def _dates(self, name: str, moment: Any) -> Json:
        zone = parse_zone(self.world.settings.timezone)
        return {name: local(moment, zone), f"{name}_gmt": gmt(moment)}

    def _local(self, moment: Any) -> str | None:
        return local(moment, parse_zone(self.world.settings.timezone))

    def url(self, path: str) -> str:
        """Return the address of an API path."""
        return f"{self.site}{API}/{path}"

    def links(self, collection: str, row: int | str, up: str = "") -> Json:
        """Return the ``_links`` of a row."""
        links: Json = {
            "self": [{"href": self.url(f"{collection}/{row}")}],
            "collection": [{"href": self.url(collection)}],
        }
        if up:
            links["up"] = [{"href": self.url(up)}]
        return links

    # -- orders ------------------------------------------------------------

    def order(self, order: Order) -> Json:
        """Render an order."""
        places = order.decimals if self.decimals is None else self.decimals
        items = _Items(places, self.world)
        return {
            "id": order.id,
            "parent_id": 0,
            "status": order.status,
            "currency": order.currency,
            "version": WC_VERSION,
            "prices_include_tax": order.prices_include_tax,
            "date_created": self._local(order.created),
            "date_modified": self._local(order.modified),
            **_totals(order, places),
            "customer_id": order.customer_id,
            "order_key": order.order_key,
            "billing": billing(order.billing),
            "shipping": shipping(order.shipping),
            "payment_method": order.payment_method,
            "payment_method_title": order.payment_title,
            "transaction_id": order.transaction_id,
            "customer_ip_address": "",
            "customer_user_agent": "",
            "created_via": order.created_via,
            "customer_note": order.customer_note,
            "date_completed": self._local(order.completed),
            "date_paid": self._local(order.paid),
            "cart_hash": "",
            "number": order.number,
            "meta_data": [_meta(item) for item in order.meta],
            "line_items": [items.line(item) for item in order.lines],
            "tax_lines": [items.tax(item) for item in order.tax_lines],
            "shipping_lines": [items.shipping(item) for item in order.shipping_lines],
            "fee_lines": [items.fee(item) for item in order.fees],
            "coupon_lines": [self._coupon_line(item) for item in order.coupons],
            "refunds": self._refund_summaries(order, places),
            "payment_url": self._payment_url(order),
            "is_editable": order.status in ("pending", "on-hold", "auto-draft"),
            "needs_payment": _needs_payment(order),
            "needs_processing": order.needs_processing,
            "date_created_gmt": gmt(order.created),
            "date_modified_gmt": gmt(order.modified),
            "date_completed_gmt": gmt(order.completed),
            "date_paid_gmt": gmt(order.paid),
            "currency_symbol": SYMBOLS.get(order.currency, order.currency),
            "_links": self._order_links(order),
        }

    def _order_links(self, order: Order) -> Json:
        links = self.links("orders", order.id)
        if order.customer_id:
            href = self.url(f"customers/{order.customer_id}")
            links["customer"] = [{"href": href}]
        return links

    def _payment_url(self, order: Order) -> str:
        query = f"pay_for_order=true&key={order.order_key}"
        return f"{self.site}/checkout/order-pay/{order.id}/?{query}"

    def _refund_summaries(self, order: Order, places: int) -> list[Json]:
        refunds = reversed(self.world.refunds(order.id))
        return [
            {
                "id": refund.id,
                "reason": refund.reason,
                "total": fixed(-refund.amount, places),
            }
            for refund in refunds
        ]

    def _coupon_line(self, line: CouponLine) -> Json:
        data = self._coupon_data(line.code)
        return {
            "id": line.id,
            "code": line.code,
            # Not padded to the shop's decimals: recorded as "8.5".
            "discount": plain(line.discount),
            "discount_tax": plain(line.discount_tax),
            "meta_data": [
                {
                    "id": line.meta_id,
                    "key": "coupon_data",
                    "value": data,
                    "display_key": "coupon_data",
                    "display_value": data,
                }
            ],
        }

    def _coupon_data(self, code: str) -> Json:
        coupon = next(item for item in self.world.coupons() if item.code == code)
        stamp = {
            "date": gmt(coupon.created).replace("T", " ") + ".000000",  # type: ignore[union-attr]
            "timezone_type": 1,
            "timezone": "+00:00",
        }
        return {
            "id": coupon.id,
            "code": coupon.code,
            "amount": str(coupon.amount),
            "status": "publish",
            "date_created": stamp,
            "date_modified": stamp,
            "date_expires": None,
            "discount_type": coupon.type,
            "description": "",
            "usage_count": 0,
            "individual_use": False,
            "product_ids": list(coupon.product_ids),
            "excluded_product_ids": [],
            "usage_limit": 0,
            "usage_limit_per_user": 0,
            "limit_usage_to_x_items": None,
            "free_shipping": False,
            "product_categories": [],
            "excluded_product_categories": [],
            "exclude_sale_items": False,
            "minimum_amount": "",
            "maximum_amount": "",
            "email_restrictions": [],
            "virtual": False,
            "meta_data": [],
        }

    def refund(self, refund: Refund) -> Json:
        """Render a refund."""
        order = self.world.order(refund.order_id)
        places = order.decimals if self.decimals is None else self.decimals
        items = _Items(places, self.world)
        up = f"orders/{refund.order_id}"
        return {
            "id": refund.id,
            **self._dates("date_created", refund.created),
            "amount": fixed(refund.amount, places),
            "reason": refund.reason,
            "refunded_by": 1,
            "refunded_payment": refund.paid_back,
            "meta_data": [_meta(item) for item in refund.meta],
            "line_items": [items.line(item) for item in refund.lines],
            "shipping_lines": [items.shipping(item) for item in refund.shipping_lines],
            "tax_lines": [items.tax(item) for item in refund.tax_lines],
            "fee_lines": [items.fee(item) for item in refund.fees],
            "_links": self.links(f"{up}/refunds", refund.id, up),
        }

    def note(self, note: Note) -> Json:
        """Render an order note."""
        up = f"orders/{note.order_id}"
        return {
            "id": note.id,
            "author": note.author,
            **self._dates("date_created", note.created),
            "note": note.text,
            "customer_note": note.for_customer,
            "_links": self.links(f"{up}/notes", note.id, up),
        }

    # -- products ----------------------------------------------------------

    def product(self, product: Product, after_write: bool = False) -> Json:
        """Render a product; answers to writes carry two more keys (recorded)."""
        children = [p for p in self.world.products() if p.parent_id == product.id]
        sold = product.type == "simple"
        result: Json = {
            "id": product.id,
            "name": product.name,
            "slug": slug(product.name),
            "permalink": f"{self.site}/product/{slug(product.name)}/",
            **self._dates("date_created", product.created),
            **self._dates("date_modified", product.modified),
            "type": product.type,
            "status": product.status,
            "featured": False,
            "catalog_visibility": "visible",
            "description": product.description,
            "short_description": "",
            "sku": product.sku,
            **_barcode(product),
            **self._price(product),
            "purchasable": sold or bool(children),
            "total_sales": product.total_sales,
            "virtual": product.virtual,
            "downloadable": product.downloadable,
            "downloads": [],
            "download_limit": -1,
            "download_expiry": -1,
            "external_url": "",
            "button_text": "",
            **_tax_and_stock(product),
            "low_stock_amount": None,
            "sold_individually": False,
            **_dimensions(product),
            "shipping_required": not product.virtual,
            "shipping_taxable": not product.virtual,
            "shipping_class": "",
            "shipping_class_id": 0,
            "reviews_allowed": True,
            "average_rating": "0.00",
            "rating_count": 0,
            "upsell_ids": [],
            "cross_sell_ids": [],
            "parent_id": product.parent_id,
            "purchase_note": "",
            "categories": self._categories(product),
            "tags": [],
            "images": [
                {"id": place, "src": address, "name": "", "alt": ""}
                for place, address in enumerate(product.images, 1)
            ],
            "attributes": _parent_attributes(product),
            "default_attributes": [],
            "variations": [child.id for child in children],
            "grouped_products": [],
            "menu_order": 0,
            "price_html": _price_html(product, self.world.settings.currency),
            "related_ids": [],
            "meta_data": [],
            "stock_status": _stock_status(product, children),
            "has_options": product.type == "variable",
        }
        if after_write:
            result["permalink_template"] = f"{self.site}/product/%pagename%/"
            result["generated_slug"] = slug(product.name)
        return {**result, "_links": self.links("products", product.id)}

    def variation(self, product: Product) -> Json:
        """Render a variation."""
        up = f"products/{product.parent_id}"
        options = "&".join(
            f"attribute_{name.lower()}={value}" for name, value in product.options
        )
        stock = _tax_and_stock(product)
        return {
            "id": product.id,
            **self._dates("date_created", product.created),
            **self._dates("date_modified", product.modified),
            "description": product.description,
            "permalink": f"{self.site}/product/{slug(product.name)}/?{options}",
            "sku": product.sku,
            **_barcode(product),
            **self._price(product),
            "status": product.status,
            "purchasable": True,
            "virtual": product.virtual,
            "downloadable": product.downloadable,
            "downloads": [],
            "download_limit": -1,
            "download_expiry": -1,
            "tax_status": stock.pop("tax_status"),
            "tax_class": stock.pop("tax_class"),
            "manage_stock": stock.pop("manage_stock"),
            "stock_quantity": stock.pop("stock_quantity"),
            "stock_status": _stock_status(product, []),
            **stock,
            "low_stock_amount": None,
            **_dimensions(product),
            "shipping_class": "",
            "shipping_class_id": 0,
            "image": None,
            "attributes": [
                {"id": 0, "name": name, "option": value}
                for name, value in product.options
            ],
            "menu_order": 0,
            "meta_data": [],
            "_links": self.links(f"{up}/variations", product.id, up),
        }

    def _price(self, product: Product) -> Json:
        parent = product.type == "variable"
        return {
            "price": str(product.price),
            "regular_price": "" if parent else str(product.price),
            "sale_price": "",
            "date_on_sale_from": None,
            "date_on_sale_from_gmt": None,
            "date_on_sale_to": None,
            "date_on_sale_to_gmt": None,
            "on_sale": False,
        }

    def _categories(self, product: Product) -> list[Json]:
        names = sorted({name for p in self.world.products() for name in p.categories})
        return [
            {"id": 15 + names.index(name), "name": name, "slug": slug(name)}
            for name in product.categories
        ]

    # -- the rest ----------------------------------------------------------

    def tax_rate(self, rate: TaxRate) -> Json:
        """Render a tax rate."""
        return {
            "id": rate.id,
            "country": rate.country,
            "state": rate.state,
            "postcode": "",
            "city": "",
            "rate": fixed(rate.rate, 4),
            "name": rate.label,
            "priority": rate.priority,
            "compound": rate.compound,
            "shipping": rate.shipping,
            "order": 0,
            "class": rate.tax_class or "standard",
            "postcodes": [],
            "cities": [],
            "_links": self.links("taxes", rate.id),
        }

    def coupon(self, coupon: Coupon) -> Json:
        """Render a coupon."""
        used = sum(
            line.code == coupon.code
            for order in self.world.orders()
            for line in order.coupons
        )
        return {
            "id": coupon.id,
            "code": coupon.code,
            "amount": fixed(coupon.amount, 2),
            "status": "publish",
            **self._dates("date_created", coupon.created),
            **self._dates("date_modified", coupon.created),
            "discount_type": coupon.type,
            "description": "",
            "date_expires": None,
            "date_expires_gmt": None,
            "usage_count": used,
            "individual_use": False,
            "product_ids": list(coupon.product_ids),
            "excluded_product_ids": [],
            "usage_limit": None,
            "usage_limit_per_user": None,
            "limit_usage_to_x_items": None,
            "free_shipping": False,
            "product_categories": [],
            "excluded_product_categories": [],
            "exclude_sale_items": False,
            "minimum_amount": "0.00",
            "maximum_amount": "0.00",
            "email_restrictions": [],
            "used_by": [],
            "meta_data": [],
            "_links": self.links("coupons", coupon.id),
        }

    def customer(self, customer: Customer) -> Json:
        """Render a registered buyer."""
        paying = any(
            order.customer_id == customer.id and order.paid
            for order in self.world.orders()
        )
        return {
            "id": customer.id,
            **self._dates("date_created", customer.created),
            **self._dates("date_modified", customer.created),
            "email": customer.email,
            "first_name": customer.first_name,
            "last_name": customer.last_name,
            "role": "customer",
            "username": customer.username,
            "billing": _customer_billing(customer.billing),
            "shipping": _customer_shipping(customer.shipping),
            "is_paying_customer": paying,
            "avatar_url": f"{self.site}/avatar/{customer.id}",
            "meta_data": [],
            "_links": self.links("customers", customer.id),
        }

    def webhook(self, hook: Subscription) -> Json:
        """Render a webhook; its secret is never shown."""
        resource, _, event = hook.topic.partition(".")
        return {
            "id": hook.id,
            "name": hook.name,
            "status": hook.status,
            "topic": hook.topic,
            "resource": resource,
            "event": event,
            "hooks": TOPIC_HOOKS[hook.topic],
            "delivery_url": hook.delivery_url,
            **self._dates("date_created", hook.created),
            **self._dates("date_modified", hook.modified),
            "_links": self.links("webhooks", hook.id),
        }


#: Topics and the server actions behind them (orders and product.updated: recorded).
#: Deleting an order for good fires none of them: only the trash is announced.
TOPIC_HOOKS: dict[str, list[str]] = {
    "order.created": ["woocommerce_new_order"],
    "order.updated": ["woocommerce_update_order", "woocommerce_order_refunded"],
    "order.deleted": ["wp_trash_post"],
    "order.restored": ["untrashed_post"],
    "product.created": [
        "woocommerce_process_product_meta",
        "woocommerce_new_product",
        "woocommerce_new_product_variation",
    ],
    "product.updated": [
        "woocommerce_process_product_meta",
        "woocommerce_update_product",
        "woocommerce_update_product_variation",
    ],
    "product.deleted": ["wp_trash_post"],
    "product.restored": ["untrashed_post"],
}


@dataclass(frozen=True)
class _Items:
    """Renders the items of an order or refund with ``places`` decimals."""

    places: int
    world: World

    def _fixed(self, value: Decimal) -> str:
        return fixed(value, self.places)

    def line(self, line: LineItem) -> Json:
        """Render a product line."""
        price = float(line.total) / line.quantity if line.quantity else 0.0
        # Recorded: simple products without picture show "", variations 0.
        picture: int | str = 0 if line.variation_id else ""
        return {
            "id": line.id,
            "name": line.name,
            "product_id": line.product_id,
            "variation_id": line.variation_id,
            "quantity": line.quantity,
            "tax_class": line.tax_class,
            "subtotal": self._fixed(line.subtotal),
            "subtotal_tax": self._fixed(line.subtotal_tax),
            "total": self._fixed(line.total),
            "total_tax": self._fixed(line.total_tax),
            "taxes": [_item_tax(tax) for tax in line.taxes],
            "meta_data": [_item_meta(meta) for meta in line.meta],
            "sku": line.sku,
            "price": number(price),
            "image": {"id": picture, "src": ""},
            "parent_name": line.parent_name,
        }

    def shipping(self, line: ShippingLine) -> Json:
        """Render a shipping line."""
        return {
            "id": line.id,
            "method_title": line.method_title,
            "method_id": line.method_id,
            "instance_id": "",
            "total": self._fixed(line.total),
            "total_tax": self._fixed(line.total_tax),
            "taxes": [_item_tax(tax) for tax in line.taxes],
            "meta_data": [_item_meta(meta) for meta in line.meta],
        }

    def fee(self, fee: FeeLine) -> Json:
        """Render a fee."""
        return {
            "id": fee.id,
            "name": fee.name,
            "tax_class": fee.tax_class,
            "tax_status": "taxable" if fee.taxable else "none",
            "amount": "",
            "total": self._fixed(fee.total),
            "total_tax": self._fixed(fee.total_tax),
            "taxes": [_item_tax(tax) for tax in fee.taxes],
            "meta_data": [_item_meta(meta) for meta in fee.meta],
        }

    def tax(self, line: TaxLine) -> Json:
        """Render the total of one rate."""
        return {
            "id": line.id,
            "rate_code": line.rate_code,
            "rate_id": line.rate_id,
            "label": line.label,
            "compound": line.compound,
            "tax_total": self._fixed(line.tax_total),
            "shipping_tax_total": self._fixed(line.shipping_tax_total),
            "rate_percent": number(line.rate_percent),
            "meta_data": [],
        }


def billing(address: Address) -> Json:
    """Render a billing address."""
    return dict(vars(address))


def shipping(address: Address) -> Json:
    """Render a shipping address: it has a telephone but no e-mail."""
    return {name: value for name, value in vars(address).items() if name != "email"}


def _customer_billing(address: Address) -> Json:
    # Recorded: a customer's addresses name country and state in another order.
    parts = dict(vars(address))
    for name in ("postcode", "country", "state", "email", "phone"):
        parts[name] = parts.pop(name)
    return parts


def _customer_shipping(address: Address) -> Json:
    parts = _customer_billing(address)
    parts.pop("email")
    return parts


def _totals(order: Order, places: int) -> Json:
    totals = order.totals
    return {
        "discount_total": fixed(totals.discount_total, places),
        "discount_tax": fixed(totals.discount_tax, places),
        "shipping_total": fixed(totals.shipping_total, places),
        "shipping_tax": fixed(totals.shipping_tax, places),
        "cart_tax": fixed(totals.cart_tax, places),
        "total": fixed(totals.total, places),
        "total_tax": fixed(totals.total_tax, places),
    }


def _needs_payment(order: Order) -> bool:
    return order.status in ("pending", "failed") and order.totals.total > 0


def _meta(meta: Meta) -> Json:
    return {"id": meta.id, "key": meta.key, "value": meta.value}


def _item_meta(meta: Meta) -> Json:
    return {
        "id": meta.id,
        "key": meta.key,
        "value": meta.value,
        "display_key": meta.display_key,
        "display_value": meta.value,
    }


def _item_tax(tax: ItemTax) -> Json:
    subtotal = "" if tax.subtotal is None else plain(tax.subtotal)
    return {"id": tax.rate_id, "total": plain(tax.total), "subtotal": subtotal}


def slug(name: str) -> str:
    """Return the part of a web address made of a name."""
    words = "".join(c if c.isalnum() else " " for c in name.lower()).split()
    return "-".join(words)


def _tax_and_stock(product: Product) -> Json:
    counted = product.stock is not None
    return {
        "tax_status": "taxable" if product.taxable else "none",
        "tax_class": product.tax_class,
        "manage_stock": counted,
        "stock_quantity": product.stock,
        "backorders": "no",
        "backorders_allowed": False,
        "backordered": counted and (product.stock or 0) < 0,
    }


def _stock_status(product: Product, children: list[Product]) -> str:
    if product.type == "variable":
        found = any(_stock_status(child, []) == "instock" for child in children)
        return "instock" if found else "outofstock"
    sold_out = product.stock is not None and product.stock <= 0
    return "outofstock" if sold_out else "instock"


def _dimensions(product: Product) -> Json:
    empty = {"length": "", "width": "", "height": ""}
    return {"weight": product.weight, "dimensions": empty}


def _barcode(product: Product) -> Json:
    """A shop before version 9.2 has no such field (recordings of 7.9)."""
    return {"global_unique_id": product.barcode} if product.barcode else {}


def _parent_attributes(product: Product) -> list[Json]:
    return [
        {
            "id": 0,
            "name": name,
            "position": position,
            "visible": True,
            "variation": True,
            "options": values.split("|"),
        }
        for position, (name, values) in enumerate(product.options)
    ]


def _price_html(product: Product, currency: str) -> str:
    symbol = SYMBOLS.get(currency, currency)
    return (
        '<span class="woocommerce-Price-amount amount"><bdi>'
        f'<span class="woocommerce-Price-currencySymbol">{symbol}</span>'
        f"{fixed(product.price, 2)}</bdi></span>"
    )
