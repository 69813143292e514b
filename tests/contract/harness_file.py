"""The simulated shop that writes its orders into a file."""

from ecom_orders.marketplaces.base import Credentials
from harness import SimulatedShop

from simulator import DEFAULT_KEY, DEFAULT_SECRET
from simulator.file import MAPPING


class FileShop(SimulatedShop):
    """A file at an address, asked for with user and password."""

    code = "file"

    def credentials(self):
        return Credentials(
            f"{self.shop.url}/export.csv",
            DEFAULT_KEY,
            DEFAULT_SECRET,
            options={"mapping": MAPPING},
        )

    def wrong_credentials(self):
        return Credentials(f"{self.shop.url}/export.csv", DEFAULT_KEY, "wrong")
