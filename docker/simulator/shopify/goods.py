"""Mutations of products and variants: change them, create them by handle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from ..world.model import Product, WorldError
from ..world.money import money
from .tree import Tree, gid, number_of

Json = dict[str, Any]


def user_error(message: str, place: list[str] | None, code: str | None = None) -> Json:
    """Return a refusal as mutations tell it."""
    return {
        "__typename": "UserError",
        "field": place,
        "message": message,
        "code": code,
    }


class Goods:
    """Carries out what is told of products."""

    def __init__(self, tree: Tree) -> None:
        self.tree, self.world = tree, tree.world

    def root(self) -> dict[str, Callable[[Mapping[str, Any]], Json]]:
        """Return the mutations by name."""
        return {
            "productUpdate": self._update,
            "productVariantsBulkUpdate": self._update_variants,
            "productSet": self._set,
        }

    # -- changing ----------------------------------------------------------

    def _update(self, arguments: Mapping[str, Any]) -> Json:
        values = arguments["product"]
        number = number_of(values["id"])
        errors = []
        if self.tree.whole(number) is None:
            errors.append(user_error("Product does not exist", ["id"]))
        elif values.get("title") == "":
            errors.append(user_error("Title can't be blank", ["title"]))
        else:
            self._change(number, values, arguments.get("media") or [])
        return {
            "__typename": "ProductUpdatePayload",
            "product": None if errors else self.tree.whole(number),
            "userErrors": errors,
        }

    def _change(self, number: int, values: Json, media: list[Json]) -> None:
        if "title" in values:
            self.world.change_whole(number, name=values["title"])
        product = self.world.product(number)
        changes: Json = {}
        if "descriptionHtml" in values:
            changes["description"] = values["descriptionHtml"]
        if product and media:
            added = tuple(row["originalSource"] for row in media)
            changes["images"] = (*product.images, *added)
        self.world.change_product(number, **changes)

    def _update_variants(self, arguments: Mapping[str, Any]) -> Json:
        parent = number_of(arguments["productId"])
        errors: list[Json] = []
        changed: dict[int, Json] = {}
        for index, row in enumerate(arguments["variants"]):
            place = ["variants", str(index)]
            variant = self.world.product(number_of(row["id"]))
            if variant is None or parent not in (variant.id, variant.parent_id):
                message = "Product variant does not exist"
                code = "PRODUCT_VARIANT_DOES_NOT_EXIST"
                errors.append(user_error(message, [*place, "id"], code))
                continue
            try:
                changed[variant.id] = _variant_values(row)
            except InvalidOperation:
                errors.append(user_error("Price is not a number", [*place, "price"]))
        if errors and not arguments.get("allowPartialUpdates"):
            changed = {}
        for number, changes in changed.items():
            self.world.change_product(number, **changes)
        return {
            "__typename": "ProductVariantsBulkUpdatePayload",
            "productVariants": [
                self.tree.node(gid("ProductVariant", number)) for number in changed
            ],
            "userErrors": errors,
        }

    # -- creating ----------------------------------------------------------

    def _set(self, arguments: Mapping[str, Any]) -> Json:
        handle = (arguments.get("identifier") or {}).get("handle") or ""
        known = [
            row for row in self.world.products() if handle and row.handle == handle
        ]
        errors: list[Json] = []
        number = known[0].id if known else 0
        if not known:
            try:
                with self.world.store.transaction():
                    number = self._create(arguments["input"])
            except WorldError as error:
                place = ["input", "variants"]
                errors.append(user_error(str(error), place, "INVALID_INPUT"))
        return {
            "__typename": "ProductSetPayload",
            "product": None if errors else self.tree.whole(number),
            "userErrors": errors,
        }

    def _create(self, values: Json) -> int:
        """Create a product with its variants; return the product's number."""
        options = [row["name"] for row in values["productOptions"]]
        single = options == ["Title"]
        rows = values["variants"]
        common = {
            "name": values["title"],
            "status": "publish" if values.get("status") == "ACTIVE" else "draft",
            "listed": False,
        }
        whole = {
            "description": values.get("descriptionHtml", ""),
            "images": tuple(row["originalSource"] for row in values.get("files") or []),
            "handle": values.get("handle", ""),
        }
        if single:
            made = Product(0, rows[0]["sku"], **common, **whole, price=Decimal(0))
            number = self.world.add_product(made).id
            self.world.change_product(number, **_variant_values(rows[0]))
            return number
        choices = tuple(
            (row["name"], "|".join(value["name"] for value in row["values"]))
            for row in values["productOptions"]
        )
        parent = self.world.add_product(
            Product(
                0,
                "",
                **common,
                **whole,
                price=Decimal(0),
                type="variable",
                options=choices,
            )
        )
        for row in rows:
            chosen = {pair["optionName"]: pair["name"] for pair in row["optionValues"]}
            variant = self.world.add_product(
                Product(
                    0,
                    row["sku"],
                    **common,
                    price=Decimal(0),
                    type="variation",
                    parent_id=parent.id,
                    options=tuple((name, chosen[name]) for name in options),
                )
            )
            self.world.change_product(variant.id, **_variant_values(row))
        return parent.id


def _variant_values(row: Json) -> Json:
    """Return what a variant's row changes, in the words of the world."""
    changes: Json = {}
    if "price" in row:
        changes["price"] = money(row["price"])
    if "barcode" in row:
        changes["barcode"] = row["barcode"] or ""
    measurement = (row.get("inventoryItem") or {}).get("measurement") or {}
    if "weight" in measurement:
        changes["weight"] = str(measurement["weight"]["value"])
    return changes
