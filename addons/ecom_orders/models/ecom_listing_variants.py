from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ..marketplaces.comparison import shown_values


class EcomListing(models.Model):
    """Listings that are variations of one thing become variants of one product."""

    _inherit = "ecom.listing"

    parent_ref = fields.Char(
        string="Channel's ID of the Whole",
        readonly=True,
        index="btree_not_null",
        help="Listings with the same one are variations of the same thing.",
    )
    options = fields.Json(
        readonly=True, help="Attributes and values by which it differs from the others."
    )
    options_text = fields.Char(string="Variation", compute="_compute_options_text")
    variant_problem = fields.Selection(
        [("other_attributes", "Its product has other attributes")],
        readonly=True,
        copy=False,
        help="Why it could not become a variant. Change the attributes of the product, "
        "or link the listing by hand.",
    )

    @api.depends("options")
    def _compute_options_text(self):
        for listing in self:
            pairs = listing.options or []
            listing.options_text = ", ".join(
                f"{name}: {value}" for name, value in pairs
            )

    # -- actions -----------------------------------------------------------------------

    def action_create_product(self):
        """Make products out of unlinked listings, and link them.

        Variations of one thing become variants of one product, in which what is
        missing is added.
        """
        if self.filtered("product_id"):
            raise UserError(self.env._("Some of these listings have a product."))
        refused = self._create_products()
        if refused and refused == self:
            raise UserError(
                self.env._(
                    "These listings cannot become variants, because the product of "
                    "their siblings has other attributes. Change the attributes of the "
                    "product, or link the listings by hand: %s",
                    ", ".join(refused.mapped("display_name")),
                )
            )
        products = self.product_id
        return {
            "type": "ir.actions.act_window",
            "res_model": "product.product",
            "view_mode": "list,form",
            "domain": [("id", "in", products.ids)],
            "name": self.env._("Created Products"),
        }

    def _create_products(self):
        """Make products of unlinked listings: all in one batch.

        :return: those that could not become a variant; ``variant_problem`` says why.
        """
        todo = self.filtered(lambda listing: not listing.product_id)
        todo._match_products()  # one that is there by now is not made again
        todo = todo.filtered(lambda listing: not listing.product_id)
        single = todo.filtered(lambda row: not (row.parent_ref and row.options))
        kilograms = self._get_kilograms()
        products = self.env["product.product"].create(
            [row._prepare_product_values(kilograms) for row in single]
        )
        # Each listing gets its own product: whoever waits for it is released with it.
        for listing, product in zip(single, products, strict=True):
            listing.product_id = product
        variations = todo - single
        refused = variations._create_variants()
        refused.variant_problem = "other_attributes"
        (variations - refused).filtered("variant_problem").variant_problem = False
        return refused

    def _create_variants(self):
        """Make variants of listings that are variations, see :meth:`_create_products`.

        Per thing there is one product: that of its other listings, else a new one.
        """
        refused, groups = self.browse(), {}
        for listing in self:
            identity = (listing.channel_id, listing.parent_ref)
            groups.setdefault(identity, self.browse())
            groups[identity] |= listing
        if not groups:
            return refused
        templates = self._find_templates(list(groups))
        values = self._get_attribute_values(templates, groups)
        new = {key: group for key, group in groups.items() if key not in templates}
        created = self.env["product.template"].create(
            [
                {
                    **group[0]._prepare_template_values(),
                    "attribute_line_ids": self._prepare_attribute_lines(group, values),
                }
                for group in new.values()
            ]
        )
        created_templates = dict(zip(new, created, strict=True))
        for key, template in templates.items():
            refused |= groups[key]._extend_template(template, values)
        wanted = {}  # listing -> (template, combination)
        for key, group in groups.items():
            template = created_templates.get(key) or templates[key]
            for listing in group:
                if listing not in refused:
                    wanted[listing] = (template, listing._get_combination(template))
        self._link_variants(wanted)
        return refused

    @api.model
    def _find_templates(self, identities):
        """Products by channel and parent, found by the listings that are linked."""
        linked = self.with_context(active_test=False).search(
            Domain("channel_id", "in", [channel.id for channel, _ref in identities])
            & Domain("parent_ref", "in", [ref for _channel, ref in identities])
            & Domain("product_id", "!=", False),
            order="id",
        )
        found = {}
        for listing in linked:
            identity = (listing.channel_id, listing.parent_ref)
            template = listing.product_id.product_tmpl_id
            if template.attribute_line_ids:
                found.setdefault(identity, template)
        return {key: found[key] for key in identities if key in found}

    @api.model
    def _get_attribute_values(self, templates, groups):
        """Attribute values by attribute's and value's name, created where missing.

        An attribute of that name that a product of ours uses already is taken for its
        further variants. A new product takes one that makes its variants one by one:
        the shop need not offer every combination.

        :return: dict ``(template or None, attribute name, value) -> value record``.
        """
        wanted = {}
        for key, group in groups.items():
            for listing in group:
                for name, value in listing.options:
                    wanted.setdefault((templates.get(key), name), {})[value] = None
        attributes = self._get_attributes(wanted)
        records = self.env["product.attribute.value"].search(
            [("attribute_id", "in", [a.id for a in attributes.values() if a])]
        )
        known = {(row.attribute_id, row.name.casefold()): row for row in records}
        missing = {
            (attributes[key], value.casefold()): value
            for key, values in wanted.items()
            for value in values
            if attributes[key] and (attributes[key], value.casefold()) not in known
        }
        # Attributes are for a sales manager; who may make products of listings may
        # name what they differ by.
        created = (
            self.env["product.attribute.value"]
            .sudo()
            .create(
                [
                    {"attribute_id": attribute.id, "name": value}
                    for (attribute, _name), value in missing.items()
                ]
            )
        )
        known.update(zip(missing, created.sudo(False), strict=True))
        return {
            (*key, value): known[attributes[key], value.casefold()]
            for key, values in wanted.items()
            for value in values
            if attributes[key]
        }

    @api.model
    def _get_attributes(self, wanted):
        """Attributes by template and name; ``False`` for one the template lacks."""
        names = {name for _template, name in wanted}
        free = {}
        for attribute in self.env["product.attribute"].search(
            [("create_variant", "=", "dynamic")], order="id"
        ):
            free.setdefault(attribute.name.casefold(), attribute)
        new = {
            name.casefold(): name
            for name in names
            if name.casefold() not in free and (None, name) in wanted
        }
        created = (
            self.env["product.attribute"]
            .sudo()  # see _get_attribute_values
            .create(
                [{"name": name, "create_variant": "dynamic"} for name in new.values()]
            )
        )
        free.update(zip(new, created.sudo(False), strict=True))
        found = {}
        for template, name in wanted:
            if template is None:
                found[template, name] = free[name.casefold()]
                continue
            lines = template.attribute_line_ids.filtered(
                lambda line, name=name: (
                    line.attribute_id.name.casefold() == name.casefold()
                )
            )
            found[template, name] = lines[:1].attribute_id or False
        return found

    @api.model
    def _prepare_attribute_lines(self, group, values):
        """Commands for the attribute lines of the product of a group of listings."""
        lines = {}
        for listing in group:
            for name, value in listing.options:
                record = values[None, name, value]
                lines.setdefault(record.attribute_id, record.browse())
                lines[record.attribute_id] |= record
        return [
            Command.create(
                {"attribute_id": attribute.id, "value_ids": [Command.set(records.ids)]}
            )
            for attribute, records in lines.items()
        ]

    def _prepare_template_values(self):
        """Values of the product of which a listing becomes a variant."""
        self.ensure_one()
        title = self.value_ids.filtered(lambda row: row.field == "title").shown
        return {
            "name": title or self.name,
            "type": "consu",
            "is_storable": True,
            "company_id": self.company_id.id,
            "list_price": 0.0,
        }

    def _extend_template(self, template, values):
        """Add the values that a product lacks.

        :return: the listings that cannot be one of its variants: they have other
            attributes than it.
        """
        refused, missing = self.browse(), {}
        lines = {line.attribute_id: line for line in template.attribute_line_ids}
        for listing in self:
            records = [values.get((template, *pair)) for pair in listing.options]
            if not all(records) or len(records) != len(lines):
                refused |= listing
                continue
            for record in records:
                line = lines[record.attribute_id]
                if record not in line.value_ids:
                    missing.setdefault(line, record.browse())
                    missing[line] |= record
        for line, records in missing.items():
            line.write({"value_ids": [Command.link(record.id) for record in records]})
        return refused

    def _get_combination(self, template):
        """The values of a product that make the variant of a listing."""
        self.ensure_one()
        wanted = {(name.casefold(), text.casefold()) for name, text in self.options}
        rows = template.attribute_line_ids.product_template_value_ids
        return rows.filtered(
            lambda row: (
                row.ptav_active
                and (row.attribute_id.name.casefold(), row.name.casefold()) in wanted
            )
        )

    @api.model
    def _link_variants(self, wanted):
        """Link listings to the variants of combinations, which are made if missing.

        A variant that was archived comes back. One that has a SKU or barcode keeps it.

        :param wanted: dict ``listing -> (template, combination)``.
        """
        templates = self.env["product.template"].union(
            *(t for t, _c in wanted.values())
        )
        variants = self.env["product.product"].with_context(active_test=False)
        known = {}
        for row in variants.search(
            [("product_tmpl_id", "in", templates.ids)], order="active desc, id"
        ):
            identity = (
                row.product_tmpl_id,
                frozenset(row.product_template_attribute_value_ids.ids),
            )
            known.setdefault(identity, row)
        identities = {
            listing: (template, frozenset(combination.ids))
            for listing, (template, combination) in wanted.items()
        }
        missing = {i: wanted[row] for row, i in identities.items() if i not in known}
        created = variants.create(
            [
                template._prepare_variant_values(combination)
                for template, combination in missing.values()
            ]
        )
        known.update(zip(missing, created, strict=True))
        taken = self._get_taken_barcodes(wanted)
        kilograms = self._get_kilograms()
        for listing, identity in identities.items():
            variant = known[identity].with_context(active_test=True)
            vals = listing._prepare_variant_values(variant, taken, kilograms)
            if vals:
                variant.write(vals)
            listing.product_id = variant

    def _prepare_variant_values(self, variant, taken, kilograms):
        """What a variant gets of its listing.

        :param taken: barcodes of other products; they are unique.
        :param kilograms: of one unit of weight.
        """
        self.ensure_one()
        vals = {}
        if not variant.active:
            vals["active"] = True
        if self.sku and not variant.default_code:
            vals["default_code"] = self.sku
        if self.barcode and not variant.barcode and self.barcode not in taken:
            vals["barcode"] = self.barcode
            taken.add(self.barcode)
        weight = self.value_ids.filtered(lambda row: row.field == "weight").shown
        if weight and not variant.weight:
            vals["weight"] = float(weight) / kilograms
        return vals

    @api.model
    def _get_taken_barcodes(self, listings):
        """Barcodes of listings that products have already."""
        codes = [listing.barcode for listing in listings if listing.barcode]
        products = (
            self.env["product.product"]
            .sudo()  # also of companies that the user does not see: they are unique
            .with_context(active_test=False)
            .search_fetch([("barcode", "in", codes)], ["barcode"])
        )
        return set(products.mapped("barcode"))

    def _prepare_product_values(self, kilograms=1.0):
        values = super()._prepare_product_values()
        shown = {row.field: row.shown for row in self.value_ids}
        if shown.get("weight"):
            values["weight"] = float(shown["weight"]) / kilograms
        if shown.get("description"):
            values["description_sale"] = shown["description"]
        return values

    @api.model
    def _note_shop_data(self, channel, pairs):
        """Keep of listings what the shop tells of them.

        :param pairs: of ``ecom.listing`` and
            :class:`~..marketplaces.schema.ExternalProduct`.
        """
        digits = channel._get_listing_currency().decimal_places
        shown = {}
        for listing, product in pairs:
            vals = {
                "parent_ref": product.parent_ref or False,
                "options": [list(pair) for pair in product.options] or False,
                "product_ref": product.product_ref,
                "name": product.name or listing.name,
                "barcode": product.barcode or listing.barcode,
            }
            changed = {k: v for k, v in vals.items() if (listing[k] or False) != v}
            if changed:
                listing.write(changed)
            shown[listing.id] = self._read_shown(product, digits)
        listings = self.union(*(listing for listing, _product in pairs))
        self.env["ecom.listing.value"]._put(listings, shown, seen=True)

    @api.model
    def _read_shown(self, product, digits):
        """Texts by field of what a shop shows; a hook for fields of other addons."""
        return shown_values(product, digits)

    @api.model
    def _get_kilograms(self):
        """Kilograms of one unit of weight in which products are weighed here."""
        template = self.env["product.template"]
        unit = template._get_weight_uom_id_from_ir_config_parameter()
        kilogram = self.env.ref("uom.product_uom_kgm")
        return unit._compute_quantity(1.0, kilogram, round=False)
