"""The simulated shop that writes its orders into a file."""

from ecom_orders.marketplaces.base import Credentials
from ecom_orders.marketplaces.file import Mapping
from harness import SimulatedShop

from simulator import DEFAULT_KEY, DEFAULT_SECRET

MAPPING = Mapping(
    columns={
        "Order number": "number",
        "Order date": "created_at",
        "Updated at": "updated_at",
        "Paid at": "paid_at",
        "Status": "status",
        "Currency": "currency",
        "Total": "total",
        "Shipping": "shipping",
        "Shipping tax": "shipping_tax",
        "Refunded": "refunded",
        "Shipping method": "shipping_method",
        "Payment method": "payment_method",
        "Note": "note",
        "Recipient": "ship_to.name",
        "Company": "ship_to.company",
        "Street": "ship_to.street",
        "Street 2": "ship_to.street2",
        "City": "ship_to.city",
        "Zip": "ship_to.zip",
        "State": "ship_to.state",
        "Country": "ship_to.country",
        "Phone": "buyer.phone",
        "Email": "buyer.email",
        "Line id": "line.id",
        "SKU": "line.sku",
        "Product name": "line.name",
        "Quantity": "line.quantity",
        "Line total": "line.total",
        "Item tax": "line.tax",
        "Shipped quantity": "line.shipped",
    },
    statuses={
        "pending": "pending",
        "processing": "open",
        "on-hold": "on_hold",
        "completed": "completed",
        "cancelled": "cancelled",
        "refunded": "refunded",
        "failed": "failed",
    },
    prices_include_tax=False,
)


class FileShop(SimulatedShop):
    """A file at an address, asked for with user and password."""

    code = "file"

    def credentials(self):
        return Credentials(
            f"{self.shop.url}/export.csv",
            DEFAULT_KEY,
            DEFAULT_SECRET,
            options={"mapping": MAPPING.as_json()},
        )

    def wrong_credentials(self):
        return Credentials(f"{self.shop.url}/export.csv", DEFAULT_KEY, "wrong")
