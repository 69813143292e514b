"""WooCommerce's own codes and what they mean."""

from __future__ import annotations

from ..schema import OrderStatus

# Order statuses of WooCommerce core (order statuses, REST API v3 documentation).
# Plug-ins add their own; those import as UNKNOWN and wait for a person.
ORDER_STATUSES = {
    "auto-draft": OrderStatus.CART,
    "draft": OrderStatus.CART,
    "new": OrderStatus.CART,
    "checkout-draft": OrderStatus.CART,
    "pending": OrderStatus.PENDING,
    "on-hold": OrderStatus.ON_HOLD,
    "processing": OrderStatus.OPEN,
    "completed": OrderStatus.COMPLETED,
    "failed": OrderStatus.FAILED,
    "refunded": OrderStatus.REFUNDED,
    "cancelled": OrderStatus.CANCELLED,
    "trash": OrderStatus.DELETED,
}

# WooCommerce numbers the provinces of China itself; everybody else uses ISO 3166-2:CN.
CN_SUBDIVISIONS = {
    "CN1": "YN",
    "CN2": "BJ",
    "CN3": "TJ",
    "CN4": "HE",
    "CN5": "SX",
    "CN6": "NM",
    "CN7": "LN",
    "CN8": "JL",
    "CN9": "HL",
    "CN10": "SH",
    "CN11": "JS",
    "CN12": "ZJ",
    "CN13": "AH",
    "CN14": "FJ",
    "CN15": "JX",
    "CN16": "SD",
    "CN17": "HA",
    "CN18": "HB",
    "CN19": "HN",
    "CN20": "GD",
    "CN21": "GX",
    "CN22": "HI",
    "CN23": "CQ",
    "CN24": "SC",
    "CN25": "GZ",
    "CN26": "SN",
    "CN27": "GS",
    "CN28": "QH",
    "CN29": "NX",
    "CN30": "MO",
    "CN31": "XZ",
    "CN32": "XJ",
}
