import hashlib
from collections import defaultdict
from dataclasses import astuple, dataclass

from odoo import api, models
from odoo.tools import email_normalize

from ..marketplaces.names import is_masked
from ..marketplaces.schema import Address


@dataclass
class Match:
    """The contacts of one order: records of ``res.partner``."""

    partner: object
    invoice: object
    shipping: object


def _readable(text):
    """A text that may stand for a person; what is hidden in part stands for nobody."""
    return "" if is_masked(text) else text


def address_digest(address):
    """Fingerprint of an address, the same however it is cased and spaced."""
    text = "\n".join(" ".join(part.split()).casefold() for part in astuple(address))
    return hashlib.sha256(text.encode()).hexdigest()


def buyer_key(order):
    """The strongest identity an order tells of its buyer; empty when it tells none.

    Masked text (``张*三``, ``138****8888``) is shared by many and identifies nobody.
    """
    buyer = order.buyer
    if buyer.external_id:
        return f"id:{buyer.external_id}"
    if order.masked:
        return ""
    email = email_normalize(buyer.email) if not is_masked(buyer.email) else False
    if email:
        return f"email:{email}"
    address = order.billing if not order.billing.is_empty else order.shipping
    texts = [text for text in astuple(address) if text]
    if address.is_empty or any(is_masked(text) for text in texts):
        return ""
    return f"address:{address_digest(address)}"


class EcomPartnerMatcher(models.AbstractModel):
    """Finds or creates the contacts of a batch of orders, in a few queries.

    1. The buyer's identity on the channel (``ecom.buyer``) says who it is;
    2. else a contact with the same e-mail address, if there is exactly one;
    3. else a new contact.

    Addresses that differ from the contact's own become its delivery and invoice
    addresses, found again by their digest.
    """

    _name = "ecom.partner.matcher"
    _description = "Contacts of imported orders"

    @api.model
    def _match(self, channel, orders):
        """Contacts for orders.

        :param orders: list of :class:`~..marketplaces.schema.ExternalOrder`.
        :return: dict ``external order id -> Match``.
        """
        places = self._find_places(orders)
        partners = self._find_partners(channel, orders, places)
        addresses = self._find_addresses(channel, orders, partners, places)
        matches = {}
        for order in orders:
            partner = partners[self._partner_key(order)]
            matches[order.external_id] = Match(
                partner,
                addresses.get((partner.id, address_digest(order.billing)), partner),
                addresses.get((partner.id, address_digest(order.shipping)), partner),
            )
        return matches

    @api.model
    def _partner_key(self, order):
        """Key of the contact within a batch; a nameless order has a contact alone."""
        return buyer_key(order) or f"order:{order.external_id}"

    # -- contacts ----------------------------------------------------------------------

    @api.model
    def _find_partners(self, channel, orders, places):
        """Contacts by partner key."""
        firsts = {}
        for order in orders:
            firsts.setdefault(self._partner_key(order), order)
        buyers = self.env["ecom.buyer"].search(
            [("channel_id", "=", channel.id), ("key", "in", list(firsts))]
        )
        partners = {buyer.key: buyer.partner_id for buyer in buyers}
        by_email = self._find_by_email(
            channel, [firsts[key] for key in firsts if key not in partners]
        )
        new_keys = []
        for key, order in firsts.items():
            if key in partners:
                continue
            email = "" if order.masked else email_normalize(order.buyer.email or "")
            if email and len(by_email.get(email, ())) == 1:
                partners[key] = by_email[email]
            else:
                new_keys.append(key)
        created = self.env["res.partner"].create(
            [
                self._prepare_partner_values(channel, firsts[key], places)
                for key in new_keys
            ]
        )
        partners.update(zip(new_keys, created, strict=True))
        self._remember_buyers(channel, buyers, partners)
        return partners

    @api.model
    def _find_by_email(self, channel, orders):
        """Contacts of the company by e-mail address, addresses of others left out."""
        emails = {
            email
            for order in orders
            if not (order.masked or is_masked(order.buyer.email))
            and (email := email_normalize(order.buyer.email or ""))
        }
        if not emails:
            return {}
        partners = self.env["res.partner"].search(
            [
                ("email_normalized", "in", list(emails)),
                ("parent_id", "=", False),
                ("company_id", "in", (False, channel.company_id.id)),
            ]
        )
        return partners.grouped("email_normalized")

    @api.model
    def _remember_buyers(self, channel, buyers, partners):
        known = set(buyers.mapped("key"))
        self.env["ecom.buyer"].create(
            [
                {"channel_id": channel.id, "key": key, "partner_id": partner.id}
                for key, partner in partners.items()
                if key not in known
            ]
        )

    @api.model
    def _prepare_partner_values(self, channel, order, places):
        """Values of a new contact: the billing address is its own."""
        address = order.billing if not order.billing.is_empty else order.shipping
        email = _readable(order.buyer.email) or _readable(address.email)
        name = next(
            filter(
                None,
                map(_readable, (address.name, address.company, order.buyer.name)),
            ),
            "",
        )
        return {
            **self._prepare_address_values(address, places),
            "name": name or self.env._("Buyer of order %s", order.number),
            "email": email or False,
            "company_id": channel.company_id.id if channel.own_contacts else False,
            "is_company": False,
            "ecom_address_digest": address_digest(address),
            "customer_rank": 1,
        }

    # -- addresses ---------------------------------------------------------------------

    @api.model
    def _find_addresses(self, channel, orders, partners, places):
        """Invoice and delivery addresses by (contact id, digest)."""
        wanted = {}
        for order in orders:
            partner = partners[self._partner_key(order)]
            for kind, address in (
                ("invoice", order.billing),
                ("delivery", order.shipping),
            ):
                digest = address_digest(address)
                if (
                    not address.is_empty
                    and digest != partner.ecom_address_digest
                    and not self._is_own_address(partner, address)
                ):
                    wanted.setdefault((partner.id, digest), (kind, address))
        if not wanted:
            return {}
        children = self.env["res.partner"].search(
            [
                ("parent_id", "in", [key[0] for key in wanted]),
                ("ecom_address_digest", "in", [key[1] for key in wanted]),
            ]
        )
        found = {(c.parent_id.id, c.ecom_address_digest): c for c in children}
        missing = [key for key in wanted if key not in found]
        created = self.env["res.partner"].create(
            [
                self._prepare_child_values(channel, *key, *wanted[key], places)
                for key in missing
            ]
        )
        found.update(zip(missing, created, strict=True))
        return found

    @api.model
    def _is_own_address(self, partner, address):
        """Whether an address says nothing that the contact's own does not say."""

        def same(left, right):
            return (
                " ".join((left or "").split()).casefold()
                == " ".join((right or "").split()).casefold()
            )

        return (
            same(partner.name, address.name)
            and same(partner.street, address.street)
            and same(partner.street2, address.street2)
            and same(partner.zip, address.zip)
            and same(partner.city, address.city)
            and same(partner.country_id.code, address.country_code)
        )

    @api.model
    def _prepare_child_values(self, channel, partner_id, digest, kind, address, places):
        """Values of an address of a contact."""
        return {
            **self._prepare_address_values(address, places),
            "name": _readable(address.name) or _readable(address.company) or False,
            "email": _readable(address.email) or False,
            "parent_id": partner_id,
            "type": kind,
            "company_id": channel.company_id.id if channel.own_contacts else False,
            "ecom_address_digest": digest,
        }

    @api.model
    def _prepare_address_values(self, address, places):
        """Values of the address part of a contact; what is not found stays as text."""
        country, state = places.get(
            (address.country_code, address.state_code), (None, None)
        )
        city = address.city
        if address.state_code and not state:
            city = ", ".join(part for part in (city, address.state_code) if part)
        return {
            "company_name": address.company or False,
            "street": address.street or False,
            "street2": address.street2 or False,
            "zip": address.zip or False,
            "city": city or False,
            "country_id": country.id if country else False,
            "state_id": state.id if state else False,
            "phone": _readable(address.phone) or False,
        }

    # -- countries and states ----------------------------------------------------------

    @api.model
    def _find_places(self, orders):
        """Countries and states of the orders by (country code, state code)."""
        pairs = {
            (address.country_code, address.state_code)
            for order in orders
            for address in (order.billing, order.shipping, Address())
        }
        countries = self.env["res.country"].search(
            [("code", "in", [code for code, _state in pairs if code])]
        )
        by_code = {country.code: country for country in countries}
        states = self._index_states(countries) if any(s for _c, s in pairs) else {}
        return {
            (code, state): (
                by_code.get(code),
                states.get((code, state.casefold())) if state else None,
            )
            for code, state in pairs
        }

    @api.model
    def _index_states(self, countries):
        """States by (country code, lower-case name for them).

        Odoo's codes are local habits (``京`` for Beijing, ``JP-13`` for Tokyo); the
        ISO code is the end of the record's external id (``state_cn_BJ``).
        """
        states = self.env["res.country.state"].search(
            [("country_id", "in", countries.ids)]
        )
        names = defaultdict(set)
        for state, external_id in states.get_external_id().items():
            names[state].add(external_id.rpartition("_")[2].casefold())
        index = {}
        for state in states:
            code = state.country_id.code
            for name in (
                *names[state.id],
                state.name.casefold(),
                state.code.casefold().removeprefix(f"{code.casefold()}-"),
                state.code.casefold(),
            ):
                index[code, name] = state
        return index
