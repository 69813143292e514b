"""A gateway of the Taobao Open Platform inside the process: a transport that answers.

Every interface that a test needs is a function from parameters to an answer; a test
sees what was sent.
"""

import json
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

from ecom_orders.marketplaces.base import Credentials
from ecom_orders.marketplaces.taobao.client import TaobaoConnector
from ecom_orders.marketplaces.transport import Headers, Response
from scripted_server import FakeClock

BEIJING = timezone(timedelta(hours=8))


def refuse(code, msg="refused", sub_code="", sub_msg=""):
    """An answer that is a refusal."""
    body = {"code": code, "msg": msg}
    if sub_code:
        body |= {"sub_code": sub_code, "sub_msg": sub_msg}
    return {"error_response": body}


class FakeTop:
    """Answers calls.

    :ivar calls: parameters of every call, as sent.
    :ivar clock: counts the seconds that the connector waits.
    :ivar ahead: how far the platform's clock is ahead of ours.
    """

    def __init__(self, **interfaces):
        self.interfaces = {
            name.replace("_", "."): answer for name, answer in interfaces.items()
        }
        self.calls = []
        self.clock = FakeClock()
        self.ahead = timedelta(0)
        self.status = 200

    def __call__(self, **options):
        """A connector of this gateway."""
        return TaobaoConnector(credentials(**options), self)

    def send(self, request):
        sent = dict(request.authorise(request).form)
        self.calls.append(sent)
        method = sent["method"]
        answer = self.interfaces[method.removeprefix("taobao.")]
        body = answer(sent) if callable(answer) else answer
        if "error_response" not in body:
            body = {f"{method.replace('.', '_')}_response": body}
        now = datetime.now(timezone.utc) + self.ahead
        headers = Headers({"Date": format_datetime(now, usegmt=True)})
        return Response(self.status, headers, json.dumps(body).encode())

    def sent(self, method):
        """Parameters of the calls of one interface."""
        return [call for call in self.calls if call["method"].endswith(method)]


def credentials(**options):
    """Credentials of nobody."""
    return Credentials("", "12345", "app-secret", token="session-key", options=options)


def beijing(moment):
    """A moment as the platform writes it."""
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def moment(text):
    """A moment that the platform wrote."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
