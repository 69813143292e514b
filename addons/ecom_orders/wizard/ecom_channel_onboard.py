from odoo import api, fields, models
from odoo.exceptions import UserError

from ..marketplaces.base import CONNECTORS, Capability, Credential
from ..marketplaces.errors import MarketplaceError

STEPS = [
    ("marketplace", "Marketplace"),
    ("credentials", "Keys"),
    ("booking", "Booking"),
    ("locations", "Warehouses"),
    ("payments", "Payments"),
    ("carriers", "Carriers"),
    ("webhooks", "Webhooks"),
    ("start", "Start"),
]
# Steps that need a model of a neighbour, and the verb that fills it.
MODELS = {"locations": "ecom.location", "carriers": "ecom.shipping.method"}


class EcomChannel(models.Model):
    _inherit = "ecom.channel"

    onboarding_step = fields.Selection(
        STEPS, string="Setting Up", readonly=True, copy=False
    )

    def action_onboard(self):
        """Begin to set the channel up, or go on where it was left."""
        wizard = self.env["ecom.channel.onboard"]
        if self:
            self.ensure_one()
            wizard = wizard.create(
                {"channel_id": self.id, "step": self.onboarding_step or "credentials"}
            )
        else:
            wizard = wizard.create({})
        return wizard._reopen()

    @api.model
    def _get_credential_fields(self):
        """Fields that hold credentials, and how they are called.

        Extend it together with the fields.
        """
        return {
            Credential.URL: "url",
            Credential.KEY: "api_key",
            Credential.SECRET: "api_secret",
            Credential.TOKEN: "api_token",
            Credential.ACCOUNT: "account_ref",
            Credential.MARKETPLACES: "marketplace_refs",
            Credential.API_VERSION: "api_version",
        }

    def _get_missing_credentials(self):
        """Names of the credentials that the marketplace needs and that are missing."""
        self.ensure_one()
        names = self.fields_get(attributes=["string"])
        return [
            names[field]["string"]
            for credential, field in self._get_credential_fields().items()
            if credential in CONNECTORS[self.provider].required and not self[field]
        ]

    @api.model
    def _get_credential_help(self):
        """Where the keys are found, by provider; extend it for one of your own."""
        # Of these only WooCommerce's was followed on a shop, and the file's is our own;
        # the others are from the marketplaces' public pages and general knowledge of
        # their back offices, whose words and menus change: not confirmed.
        return {
            "woocommerce": self.env._(
                "In the shop's administration: WooCommerce ‣ Settings ‣ Advanced ‣ "
                "REST API ‣ Add key. Choose a user who may manage the shop and the "
                "permission Read/Write, and copy both keys: the secret is shown only "
                "once. Under Settings ‣ Permalinks anything but “Plain” must be chosen."
            ),
            "shopify": self.env._(
                "In the shop's administration: Settings ‣ Apps and sales channels ‣ "
                "Develop apps. Create an app with access to orders, products, "
                "inventory, locations and fulfillments, install it, and copy the "
                "access token: it is shown only once."
            ),
            "amazon": self.env._(
                "In Seller Central: Apps and Services ‣ Develop Apps. Authorise your "
                "application and copy its client id, client secret and the refresh "
                "token."
            ),
            "ebay": self.env._(
                "On developer.ebay.com, signed in as a developer: Hi (your name) ‣ "
                "Application Keysets, the column Production.\n"
                "• Key: the App ID (Client ID). Secret: the Cert ID (Client Secret).\n"
                "• eBay switches a keyset on once it knows where to tell that a "
                "buyer's account was deleted. Beside the App ID choose "
                "Notifications ‣ Marketplace Account Deletion, and enter the "
                "notification endpoint and the verification token that are shown "
                "below. eBay asks the address at once: this server must be "
                "reachable from the internet by https, and its name must not "
                "contain “ebay”.\n"
                "• Seller's permission: beside the App ID choose User Tokens ‣ Get "
                "a Token from eBay via Your Application and add a redirect address "
                "(its name is the RuName). The seller opens the sign-in address "
                "that is shown there and agrees; the code that comes back is "
                "exchanged once at api.ebay.com/identity/v1/oauth2/token "
                "(grant_type=authorization_code, code, redirect_uri=the RuName). "
                "Enter the refresh_token of the answer, not the access_token. It "
                "needs the rights sell.fulfillment, sell.inventory, sell.finances "
                "and commerce.identity.readonly, and is good for 18 months.\n"
                "• Marketplaces: for example EBAY_US, EBAY_GB; empty: all. Sellers "
                "in the EU and the UK also need a signing key of eBay's Key "
                "Management interface for refunds and finances; it is entered under "
                "Further Settings (signing_key, signing_jwe)."
            ),
            "taobao": self.env._(
                "On open.taobao.com (淘宝开放平台), signed in with the shop's main "
                "account: 控制台 (console) ‣ 应用管理 (applications). Create an "
                "application for your own shop (商家后台系统) and apply for the "
                "packages of orders, goods, logistics and refunds "
                "(交易、商品、物流、退款).\n"
                "• Key: the App Key. Secret: the App Secret. Both are on the "
                "application's page (应用证书).\n"
                "• Seller's permission: the session key (SessionKey, also called "
                "access_token). On the application's page choose 授权管理 "
                "(authorisation), let the shop agree, and copy it. To agree to "
                "refunds, a sub-account (子账号) that may handle refunds has to "
                "give it.\n"
                "• The platform says there on which day it ends (授权到期). Enter "
                "that day on the channel, as the end of the permission: then you "
                "are reminded in time.\n"
                "• Seller ID: the nick of the shop's main account (店铺主账号昵称), "
                "when several shops share an application.\n"
                "• To hear of changes at once, subscribe to the topics of trades "
                "and refunds (消息服务 ‣ 交易、退款) and press Read Messages on the "
                "channel.\n"
                "• Data of buyers is only given to servers that the platform allows "
                "(聚石塔, or an approved one). If calls are refused although the "
                "keys are right, look at 应用管理 ‣ IP白名单 (allowed addresses)."
            ),
            "file": self.env._(
                "No keys are needed. Export the orders of your shop as CSV or Excel "
                "(.xlsx), one row for each order line, and import the file on the "
                "channel. The first time you say which column means what, with a "
                "preview; the answers are kept. Needed are the order's number, the "
                "product's SKU or barcode, the quantity and the price.\n"
                "UTF-8, GB 18030 (Chinese), Shift-JIS (Japanese) and Windows-1252 "
                "(Western) are recognised. Rows that cannot be read are listed with "
                "their reason while the others are imported, and importing a file "
                "again changes nothing.\n"
                "When the file has an address instead (a nightly export, say), "
                "enter it as shop's address, with user and password as key and "
                "secret if it asks for them."
            ),
        }


class EcomChannelOnboard(models.TransientModel):
    """Sets a channel up step by step.

    What is entered is written to the channel at each step, and the channel remembers
    the step: the wizard can be left and taken up again.
    """

    _name = "ecom.channel.onboard"
    _description = "Set up a channel"

    step = fields.Selection(STEPS, default="marketplace", required=True)
    channel_id = fields.Many2one("ecom.channel", ondelete="cascade")
    message = fields.Text(readonly=True)

    # marketplace
    name = fields.Char(default=lambda self: self.env._("My Shop"))
    provider = fields.Selection(
        selection=lambda self: (
            self.env["ecom.channel"]
            ._fields["provider"]
            ._description_selection(self.env)
        ),
        string="Marketplace",
        default="woocommerce",
    )
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company)

    # credentials
    credential_help = fields.Text(compute="_compute_needs")
    needs_url = fields.Boolean(compute="_compute_needs")
    url_is_optional = fields.Boolean(compute="_compute_needs")
    needs_key = fields.Boolean(compute="_compute_needs")
    needs_secret = fields.Boolean(compute="_compute_needs")
    credential_codes = fields.Char(related="channel_id.credential_codes")
    capability_codes = fields.Char(related="channel_id.capability_codes")
    webhook_url = fields.Char(related="channel_id.webhook_url")
    webhook_secret = fields.Char(related="channel_id.webhook_secret")
    url = fields.Char(related="channel_id.url", readonly=False)
    api_key = fields.Char(related="channel_id.api_key", readonly=False)
    api_secret = fields.Char(related="channel_id.api_secret", readonly=False)
    api_token = fields.Char(related="channel_id.api_token", readonly=False)
    account_ref = fields.Char(related="channel_id.account_ref", readonly=False)
    marketplace_refs = fields.Char(
        related="channel_id.marketplace_refs", readonly=False
    )
    api_version = fields.Char(related="channel_id.api_version", readonly=False)

    # booking
    timezone = fields.Selection(related="channel_id.timezone", readonly=False)
    warehouse_id = fields.Many2one(
        related="channel_id.warehouse_id",
        readonly=False,
        domain="[('company_id', '=', company_id)]",
    )
    team_id = fields.Many2one(related="channel_id.team_id", readonly=False)
    pricelist_id = fields.Many2one(related="channel_id.pricelist_id", readonly=False)
    confirm_policy = fields.Selection(
        related="channel_id.confirm_policy", readonly=False
    )
    tax_policy = fields.Selection(related="channel_id.tax_policy", readonly=False)

    # payments, webhooks, start
    payment_rule_ids = fields.One2many(
        related="channel_id.payment_rule_ids", readonly=False
    )
    locations_possible = fields.Boolean(compute="_compute_needs")
    webhooks_possible = fields.Boolean(compute="_compute_needs")
    webhook_topics = fields.Char(related="channel_id.webhook_topics")
    import_since = fields.Datetime(related="channel_id.import_since", readonly=False)

    @api.depends("provider", "channel_id")
    def _compute_needs(self):
        texts = self.env["ecom.channel"]._get_credential_help()
        for wizard in self:
            connector = CONNECTORS.get(wizard.channel_id.provider or wizard.provider)
            asked = connector.required | connector.optional if connector else set()
            wizard.needs_url = Credential.URL in asked
            wizard.needs_key = Credential.KEY in asked
            wizard.needs_secret = Credential.SECRET in asked
            wizard.url_is_optional = bool(connector) and (
                Credential.URL in connector.optional
            )
            wizard.locations_possible = bool(connector) and connector.can(
                Capability.LOCATIONS
            )
            wizard.webhooks_possible = bool(connector) and connector.can(
                Capability.WEBHOOKS
            )
            wizard.credential_help = texts.get(connector.code, "") if connector else ""

    # -- going through the steps -------------------------------------------------------

    def _get_steps(self):
        """The steps that there are for this channel, in their order."""
        self.ensure_one()
        steps = [code for code, _label in STEPS]
        for step, model in MODELS.items():
            if model not in self.env:
                steps.remove(step)
        if "locations" in steps and not self.locations_possible:
            steps.remove("locations")
        if not self.webhooks_possible:
            steps.remove("webhooks")
        return steps

    def action_next(self):
        """Do what the step asks for, and go on to the next one."""
        self.ensure_one()
        getattr(self, f"_finish_{self.step}", lambda: None)()
        steps = self._get_steps()
        position = steps.index(self.step)
        if position + 1 == len(steps):
            return self._finish()
        return self._go(steps[position + 1])

    def action_back(self):
        """Go back by one step; nothing of it is undone."""
        steps = self._get_steps()
        return self._go(steps[max(steps.index(self.step) - 1, 0)])

    def action_leave(self):
        """Leave it for now; the channel remembers the step."""
        self.channel_id.onboarding_step = self.step
        return {"type": "ir.actions.act_window_close"}

    def _go(self, step):
        self.step = step
        self.channel_id.onboarding_step = step
        prepare = getattr(self, f"_prepare_{step}", None)
        if prepare:
            prepare()
        return self._reopen()

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Set Up a Channel"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def _finish(self):
        """Connect the channel: its orders are fetched from now on."""
        channel = self.channel_id
        channel.action_connect()
        channel.onboarding_step = False
        return channel._get_records_action()

    # -- steps -------------------------------------------------------------------------

    def _finish_marketplace(self):
        if not self.name or not self.provider:
            raise UserError(self.env._("Choose the marketplace and a name."))
        values = {
            "name": self.name,
            "provider": self.provider,
            "company_id": self.company_id.id,
        }
        if self.channel_id:
            self.channel_id.write(values)
        else:
            self.channel_id = self.env["ecom.channel"].create(values)

    def _finish_credentials(self):
        """Test the connection; its refusal says what to do."""
        channel = self.channel_id
        missing = channel._get_missing_credentials()
        if missing:
            raise UserError(self.env._("Enter: %s", ", ".join(missing)))
        try:
            info = channel._get_connector().check()
        except MarketplaceError as error:
            raise UserError(channel._explain(error)) from error
        channel._apply_shop_info(info)
        texts = [
            *self._tell_shop(info),
            *self._check_currency(info),
            *(channel._explain_warning(code) for code in info.warnings),
        ]
        self.message = "\n".join(texts)

    def _tell_shop(self, info):
        """What answered: nothing did where files are brought by a person."""
        facts = [fact for fact in (info.currency, info.timezone) if fact]
        name = info.name or self.channel_id.url
        if facts:
            return [
                self.env._(
                    "Connected to %(name)s: %(facts)s.",
                    name=name,
                    facts=", ".join(facts),
                )
            ]
        return [self.env._("Connected to %s.", name)] if self.channel_id.url else []

    def _check_currency(self, info):
        """What is to be done about the shop's currency, if anything."""
        currency = (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("name", "=", info.currency)])
        )
        if info.currency and not currency:
            return [self.env._("Create the currency %s in Odoo.", info.currency)]
        if currency and not currency.active:
            # Currencies are the accountants'; it is only switched on.
            currency.sudo().active = True
            return [self.env._("The currency %s was activated.", info.currency)]
        return []

    def _prepare_locations(self):
        """Read the sites of the marketplace, where it has some."""
        self._prepare_mapping("ecom.location", Capability.LOCATIONS)

    def _prepare_carriers(self):
        """Nothing to be read: shipping methods come with the orders."""
        self.message = False

    def _prepare_mapping(self, model, capability):
        fetch = getattr(self.env[model], "_fetch", None)
        self.message = False
        if not fetch or not self.channel_id._can(capability):
            return
        try:
            fetch(self.channel_id)
        except MarketplaceError as error:
            self.message = self.channel_id._explain(error)

    def action_open_mapping(self):
        """Open the list that is to be filled in: sites or shipping methods."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": dict(self._fields["step"]._description_selection(self.env))[
                self.step
            ],
            "res_model": MODELS[self.step],
            "view_mode": "list,form",
            "domain": [("channel_id", "=", self.channel_id.id)],
            "context": {"default_channel_id": self.channel_id.id},
        }

    def action_register_webhooks(self):
        """Ask the shop to tell about changes at once."""
        self.channel_id.action_register_webhooks()
        return self._reopen()
