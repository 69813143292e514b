"""What the API tells about the shop: taxes, settings, status, coupons, customers.

Source: the REST API documentation, chapters Tax rates, Settings, System status, Coupons
and Customers; recorded settings and tax rates. ``default_timezone`` in the system
status is always UTC (WordPress sets PHP so); the shop's own zone is in the index.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ..core.clock import parse_zone
from ..core.message import Response
from ..world.money import SYMBOLS
from . import errors
from .call import Call, page_of
from .render import WC_VERSION

WP_VERSION = "6.4.10"


def index(call: Call) -> Response:
    """GET /wp-json/: public; tells name, address and time zone of the shop."""
    settings = call.world.settings
    offset = datetime.now(parse_zone(settings.timezone)).utcoffset()
    hours = offset.total_seconds() / 3600 if offset else 0
    named = not settings.timezone.startswith(("+", "-"))
    payload = {
        "name": settings.name,
        "description": "",
        "url": call.site,
        "home": call.site,
        "gmt_offset": int(hours) if hours == int(hours) else hours,
        "timezone_string": settings.timezone if named else "",
        "namespaces": ["wc/v3", "wp/v2"],
        "authentication": [],
        "routes": {},
    }
    return call.answer(payload)


# -- rows that are only read ---------------------------------------------------


def list_taxes(call: Call) -> Response:
    """GET /taxes."""
    return page_of(call, call.world.rates(), call.renderer.tax_rate)[1]


def get_tax(call: Call) -> Response:
    """GET /taxes/<id>."""
    return call.answer(call.renderer.tax_rate(_row(call, call.world.rates())))


def list_coupons(call: Call) -> Response:
    """GET /coupons; ``code`` finds one."""
    code = call.params.text("code")
    rows = [row for row in call.world.coupons() if code in ("", row.code)]
    return page_of(call, rows, call.renderer.coupon)[1]


def get_coupon(call: Call) -> Response:
    """GET /coupons/<id>."""
    rows = [row for row in call.world.coupons() if row.id == call.numbers[0]]
    if not rows:
        raise errors.invalid_id("shop_coupon")
    return call.answer(call.renderer.coupon(rows[0]))


def list_customers(call: Call) -> Response:
    """GET /customers; ``email`` finds one."""
    email = call.params.text("email")
    rows = [row for row in call.world.customers() if email in ("", row.email)]
    return page_of(call, rows, call.renderer.customer)[1]


def get_customer(call: Call) -> Response:
    """GET /customers/<id>."""
    return call.answer(call.renderer.customer(_row(call, call.world.customers())))


def _row(call: Call, rows: Sequence[Any]) -> Any:
    for row in rows:
        if row.id == call.numbers[0]:
            return row
    message = "Invalid resource ID."
    raise errors.WooError("woocommerce_rest_invalid_id", message, 404)


# -- settings ------------------------------------------------------------------

#: Options per group: id, label, type, default.
_OPTIONS: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "general": (
        ("woocommerce_store_address", "Street", "text", ""),
        ("woocommerce_store_city", "Town", "text", ""),
        ("woocommerce_default_country", "Country and state", "select", "US:CA"),
        ("woocommerce_store_postcode", "Postcode", "text", ""),
        ("woocommerce_calc_taxes", "Taxes are calculated", "checkbox", "no"),
        ("woocommerce_enable_coupons", "Coupons are used", "checkbox", "yes"),
        ("woocommerce_currency", "Currency", "select", "USD"),
        ("woocommerce_currency_pos", "Place of the symbol", "select", "left"),
        ("woocommerce_price_thousand_sep", "Thousands", "text", ","),
        ("woocommerce_price_decimal_sep", "Decimal sign", "text", "."),
        ("woocommerce_price_num_decimals", "Decimals", "number", "2"),
    ),
    "products": (("woocommerce_weight_unit", "Unit of weight", "select", "kg"),),
    "tax": (
        ("woocommerce_prices_include_tax", "Prices include tax", "radio", "no"),
        ("woocommerce_tax_based_on", "Tax depends on", "select", "shipping"),
        ("woocommerce_tax_round_at_subtotal", "Rounding", "checkbox", "no"),
    ),
}
_CHOICES = {
    "woocommerce_currency": {code: code for code in SYMBOLS},
    "woocommerce_currency_pos": {"left": "Before", "right": "Behind"},
    "woocommerce_default_country": {"US:CA": "United States, California"},
    "woocommerce_prices_include_tax": {"yes": "With tax", "no": "Without tax"},
    "woocommerce_tax_based_on": {"shipping": "Delivery address"},
    "woocommerce_weight_unit": {"kg": "kg", "g": "g", "lbs": "lbs", "oz": "oz"},
}


def list_settings(call: Call) -> Response:
    """GET /settings/<group>."""
    options = _group(call)
    return call.answer([_setting(call, option) for option in options])


def get_setting(call: Call) -> Response:
    """GET /settings/<group>/<id>."""
    return call.answer(_setting(call, _option(call), single=True))


def update_setting(call: Call) -> Response:
    """PUT /settings/<group>/<id>: those that change how orders are made."""
    option = _option(call)
    value = str(call.body.get("value", ""))
    changes: dict[str, dict[str, Any]] = {
        "woocommerce_prices_include_tax": {"prices_include_tax": value == "yes"},
        "woocommerce_tax_round_at_subtotal": {"round_at_subtotal": value == "yes"},
        "woocommerce_currency": {"currency": value},
    }
    if option[0] == "woocommerce_price_num_decimals" and value.isdigit():
        call.world.change_settings(decimals=int(value))
    else:
        call.world.change_settings(**changes.get(option[0], {}))
    return call.answer(_setting(call, option, single=True))


def _group(call: Call) -> tuple[tuple[str, str, str, str], ...]:
    group = call.words[0]
    if group not in _OPTIONS:
        code, message = "rest_setting_setting_group_invalid", "Invalid setting group."
        raise errors.WooError(code, message, 404)
    return _OPTIONS[group]


def _option(call: Call) -> tuple[str, str, str, str]:
    for option in _group(call):
        if option[0] == call.words[1]:
            return option
    raise errors.WooError("rest_setting_setting_invalid", "Invalid setting.", 404)


def _setting(
    call: Call, option: tuple[str, str, str, str], single: bool = False
) -> dict[str, Any]:
    name, label, kind, default = option
    group = call.words[0]
    result: dict[str, Any] = {
        "id": name,
        "label": label,
        "description": "",
        "type": kind,
        "default": default,
        "tip": "",
        "value": _value(call, name, default),
    }
    if name in _CHOICES:
        result["options"] = _CHOICES[name]
    if single:
        result["group_id"] = group
    return {**result, "_links": call.renderer.links(f"settings/{group}", name)}


def _value(call: Call, name: str, default: str) -> str:
    settings = call.world.settings
    place = (settings.base_country, settings.base_state)
    values = {
        "woocommerce_default_country": ":".join(part for part in place if part),
        "woocommerce_calc_taxes": "yes",
        "woocommerce_currency": settings.currency,
        "woocommerce_price_num_decimals": str(settings.decimals),
        "woocommerce_prices_include_tax": _yes(settings.prices_include_tax),
        "woocommerce_tax_round_at_subtotal": _yes(settings.round_at_subtotal),
    }
    return values.get(name, default)


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"


# -- system status -------------------------------------------------------------


def system_status(call: Call) -> Response:
    """GET /system_status: the parts that a connector reads."""
    settings = call.world.settings
    payload = {
        "environment": _environment(call),
        "database": {"wc_database_version": WC_VERSION, "database_prefix": "wp_"},
        "active_plugins": [],
        "theme": {"name": "Simulated", "version": "1.0", "is_child_theme": False},
        "settings": {
            "api_enabled": False,
            "force_ssl": False,
            "currency": settings.currency,
            "currency_symbol": SYMBOLS.get(settings.currency, settings.currency),
            "currency_position": "left",
            "thousand_separator": ",",
            "decimal_separator": ".",
            "number_of_decimals": settings.decimals,
            "geolocation_enabled": False,
            "taxonomies": {"simple": "simple", "variable": "variable"},
        },
        "security": {
            "secure_connection": call.site.startswith("https:"),
            "hide_errors": True,
        },
        "pages": [],
    }
    return call.answer(payload)


def _environment(call: Call) -> dict[str, Any]:
    return {
        "home_url": call.site,
        "site_url": call.site,
        "version": WC_VERSION,
        "wp_version": WP_VERSION,
        "wp_multisite": False,
        "wp_memory_limit": 268435456,
        "wp_debug_mode": False,
        "wp_cron": True,
        "language": "en_US",
        "server_info": "simulated-shop",
        "default_timezone": "UTC",
        "remote_post_successful": True,
        "remote_get_successful": True,
    }
