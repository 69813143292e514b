import logging
from urllib.parse import urlencode

from werkzeug.exceptions import (
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
    ServiceUnavailable,
    Unauthorized,
)

from odoo import SUPERUSER_ID, api, http
from odoo.http import request

from ..marketplaces.errors import MarketplaceError, NotChecked, SignatureInvalid

_logger = logging.getLogger(__name__)

# WooCommerce sends one order; the largest seen with 500 lines is under 1 MiB.
MAX_BODY = 4 * 1024 * 1024


class EcomWebhook(http.Controller):
    """Where shops send their events. It only keeps what arrived, and answers fast."""

    @http.route(
        "/ecom/webhook/<string:token>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
    )
    def receive(self, token, **_form):
        """Check the signature over the raw body, keep the message, answer 200.

        404 for an unknown address, 413 for a body that is too large (before it is
        hashed), 401 for a missing or wrong signature, 503 when it cannot be checked
        now and is to be sent again: nothing is kept of those.
        """
        body = self._read_body()
        channel = self._find_channel(token)
        connector = channel._get_connector()
        try:
            envelope = connector.read_webhook(dict(request.httprequest.headers), body)
        except SignatureInvalid as error:
            _logger.info("Webhook of channel %s refused: %s", channel.id, error)
            raise Unauthorized from error
        except NotChecked as error:
            _logger.warning("Webhook of channel %s put off: %s", channel.id, error)
            raise ServiceUnavailable from error
        except MarketplaceError as error:
            _logger.info("Webhook of channel %s not understood: %s", channel.id, error)
            return request.make_response("", status=200)
        if envelope is not None:
            channel._receive_webhook(envelope)
        return request.make_response("", status=200)

    @http.route(
        "/ecom/webhook/<string:token>",
        type="http",
        auth="public",
        methods=["GET"],
        save_session=False,
    )
    def prove(self, token, **query):
        """Answer the question by which a marketplace tries whether the address is ours.

        405 where the marketplace has none, or it is not asked.
        """
        channel = self._find_channel(token)
        try:
            answer = channel._get_connector().answer_challenge(
                query, channel.webhook_url
            )
        except MarketplaceError as error:
            raise MethodNotAllowed(valid_methods=["POST"]) from error
        return request.make_json_response(answer)

    def _read_body(self):
        """The raw body, refused before it is read when it is too large."""
        length = request.httprequest.content_length
        if length is None or length > MAX_BODY:
            raise RequestEntityTooLarge
        body = request.httprequest.get_data()
        if not body and request.httprequest.form:
            # Odoo has read a form already; a ping is one.
            body = urlencode(list(request.httprequest.form.items(multi=True))).encode()
        return body

    def _find_channel(self, token):
        """The channel of an address, in the environment of the technical user."""
        # The caller is anonymous: the token in the address names the channel, the
        # signature proves who it is. The rest runs with the technical user's rights.
        env = api.Environment(request.env.cr, SUPERUSER_ID, {})
        user = env.ref("ecom_orders.user_technical")
        channel = env["ecom.channel"].search([("webhook_token", "=", token)])
        if not channel:
            raise NotFound
        return channel.with_user(user).with_company(channel.company_id)
