"""What the simulated shop sells, and the tax rates and coupons it uses.

The same data seeds the other side (matching products in Odoo), so names, SKUs and
prices are fixed. Prices are in the shop's currency without tax.
"""

from __future__ import annotations

from decimal import Decimal

from .model import Coupon, Product, TaxRate

D = Decimal


def _simple(
    product_id: int, sku: str, name: str, price: str, stock: int | None, category: str
) -> Product:
    return Product(product_id, sku, name, D(price), stock, (category,))


def _variable(
    product_id: int,
    sku: str,
    name: str,
    category: str,
    option: str,
    variations: tuple[tuple[str, str, str, int], ...],
) -> tuple[Product, ...]:
    """Return a parent and its variations: (value, SKU, price, stock) each."""
    values = "|".join(value for value, _sku, _price, _stock in variations)
    parent = Product(
        id=product_id,
        sku=sku,
        name=name,
        price=D(variations[0][2]),
        categories=(category,),
        type="variable",
        options=((option, values),),
    )
    children = (
        Product(
            id=product_id + position,
            sku=child_sku,
            name=name,
            price=D(price),
            stock=stock,
            categories=(category,),
            type="variation",
            parent_id=product_id,
            options=((option, value),),
        )
        for position, (value, child_sku, price, stock) in enumerate(variations, 1)
    )
    return (parent, *children)


#: Everything a seed should create on the other side.
CATALOGUE: tuple[Product, ...] = (
    _simple(101, "MUG-RED", "Stoneware mug, red", "12.50", 240, "Kitchen"),
    _simple(102, "MUG-BLU", "Stoneware mug, blue", "12.50", 180, "Kitchen"),
    _simple(103, "BOWL-OAK", "Oak salad bowl", "38.00", 60, "Kitchen"),
    _simple(104, "TEAPOT-1L", "Cast iron teapot 1 l", "54.90", 45, "Kitchen"),
    _simple(105, "KNIFE-CHEF", "Chef's knife 20 cm", "89.95", 70, "Kitchen"),
    _simple(106, "APRON-LIN", "Linen apron", "29.99", 120, "Kitchen"),
    *_variable(
        110,
        "TEE",
        "Organic cotton T-shirt",
        "Clothing",
        "Size",
        (
            ("S", "TEE-S-BLK", "19.99", 90),
            ("M", "TEE-M-BLK", "19.99", 150),
            ("L", "TEE-L-BLK", "19.99", 130),
            ("XL", "TEE-XL-BLK", "21.99", 40),
        ),
    ),
    *_variable(
        120,
        "HOOD",
        "Heavy hoodie",
        "Clothing",
        "Colour",
        (
            ("Grey", "HOOD-GRY", "45.00", 75),
            ("Navy", "HOOD-NVY", "45.00", 65),
        ),
    ),
    _simple(130, "SOCK-WOOL", "Wool socks, pair", "9.95", 400, "Clothing"),
    _simple(131, "CAP-CANVAS", "Canvas cap", "17.49", 110, "Clothing"),
    _simple(132, "SCARF-ALP", "Alpaca scarf", "64.00", 35, "Clothing"),
    _simple(140, "LAMP-DESK", "Desk lamp, brass", "79.00", 55, "Home"),
    _simple(141, "CANDLE-FIG", "Candle, fig", "14.33", 300, "Home"),
    _simple(142, "RUG-120", "Wool rug 120 x 170", "249.00", 12, "Home"),
    _simple(143, "CUSHION-VEL", "Velvet cushion", "27.77", 140, "Home"),
    _simple(144, "CLOCK-WALL", "Wall clock", "41.25", 48, "Home"),
    _simple(150, "NOTE-A5", "Notebook A5, dotted", "6.66", 500, "Stationery"),
    _simple(151, "PEN-BRASS", "Brass pen", "33.33", 160, "Stationery"),
    _simple(152, "INK-BLUE", "Ink, 50 ml", "11.11", 210, "Stationery"),
    _simple(153, "CARD-SET", "Greeting cards, set of 8", "7.99", 260, "Stationery"),
    _simple(154, "STICKER-0", "Thank-you sticker", "0.00", None, "Stationery"),
    Product(
        id=160,
        sku="EBOOK-TEA",
        name="E-book: The tea table",
        price=D("9.50"),
        categories=("Digital",),
        virtual=True,
        downloadable=True,
    ),
    Product(
        id=161,
        sku="PATTERN-KNIT",
        name="Knitting pattern (download)",
        price=D("4.20"),
        categories=("Digital",),
        virtual=True,
        downloadable=True,
    ),
    Product(
        id=162,
        sku="BOOK-BREAD",
        name="The bread book",
        price=D("24.00"),
        stock=85,
        categories=("Books",),
        tax_class="reduced-rate",
    ),
    _simple(163, "BIKE-BELL", "Bicycle bell", "15.15", 95, "Outdoor"),
    _simple(164, "FLASK-750", "Steel flask 750 ml", "26.50", 170, "Outdoor"),
    _simple(165, "TENT-2P", "Tent for two", "319.00", 9, "Outdoor"),
)

#: Products that the shop has and a seed does not know: orders for them must be caught.
UNLISTED: tuple[Product, ...] = (
    Product(
        id=190,
        sku="NEW-ARRIVAL-1",
        name="New arrival: glass vase",
        price=D("48.48"),
        stock=20,
        categories=("Home",),
        listed=False,
    ),
    Product(
        id=191,
        sku="",
        name="Custom engraving",
        price=D("12.00"),
        categories=("Services",),
        listed=False,
    ),
)


def _rate(rate_id: int, place: str, rate: str, label: str, **more: object) -> TaxRate:
    country, _, state = place.partition("-")
    return TaxRate(rate_id, country, state, D(rate), label, **more)  # type: ignore[arg-type]


#: Tax rates of the shop (simplified; enough for every kind of arithmetic).
TAX_RATES: tuple[TaxRate, ...] = (
    _rate(1, "US-CA", "7.2500", "CA Sales Tax"),
    _rate(2, "US-NY", "8.8750", "NY Sales Tax", shipping=False),
    _rate(3, "GB", "20.0000", "VAT"),
    _rate(4, "GB", "0.0000", "VAT zero", tax_class="reduced-rate"),
    _rate(5, "DE", "19.0000", "MwSt."),
    _rate(6, "DE", "7.0000", "MwSt. ermäßigt", tax_class="reduced-rate"),
    _rate(7, "JP", "10.0000", "消費税"),
    _rate(8, "CA", "5.0000", "GST"),
    _rate(9, "CA-BC", "7.0000", "PST", priority=2),
    # Quebec's tax was once charged on top of the federal one; the shop still does it,
    # so that compound arithmetic is met.
    _rate(10, "CA-QC", "9.9750", "QST", priority=2, compound=True),
    _rate(11, "AE", "5.0000", "VAT"),
)

#: Coupons of the shop.
COUPONS: tuple[Coupon, ...] = (
    Coupon(801, "ten-percent", "percent", D("10")),
    Coupon(802, "five-off", "fixed_cart", D("5.00")),
    Coupon(803, "two-off-each-tee", "fixed_product", D("2.00"), (110,)),
    Coupon(804, "third-off", "percent", D("33.3")),
)
