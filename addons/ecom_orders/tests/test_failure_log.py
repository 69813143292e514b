import logging
import pathlib

from psycopg2 import errors as pg_errors

from odoo.tests import tagged

from odoo.addons.ecom_orders.models.failure_log import describe

from .common import EcomOrdersCommon, woo_line, woo_order

BUYER = "Clementine Featherstonehaugh"
ADDON = pathlib.Path(__file__).parents[1]


@tagged("post_install", "-at_install")
class TestFailureLog(EcomOrdersCommon):
    """What fails is found by kind, constraint and code, not by the buyer's data."""

    def refuse(self, *_args, **_kwargs):
        """PostgreSQL refuses a row and tells what is in it."""
        self.env.cr.execute(
            "INSERT INTO res_partner (name, autopost_bills) VALUES (%s, NULL)",
            [BUYER],
            log_exceptions=False,
        )

    def catch(self, query, *parameters):
        with self.assertRaises(Exception) as caught, self.env.cr.savepoint():
            self.env.cr.execute(query, parameters, log_exceptions=False)
        return caught.exception

    def refusals(self):
        """Errors of the database with a buyer in them."""
        with self.assertRaises(pg_errors.IntegrityError) as caught:
            with self.env.cr.savepoint():
                self.refuse()
        return [
            caught.exception,
            self.catch("SELECT %s::integer", BUYER),
            self.catch("SELECT %s, nothing", BUYER),
        ]

    def test_errors_of_the_database_would_tell_the_buyer(self):
        for error in self.refusals():
            self.assertIn(BUYER, str(error))

    def test_kind_constraint_and_message_are_told_without_the_row(self):
        null, number, column = map(describe, self.refusals())
        self.assertEqual(
            null.partition(": ")[0],
            "NotNullViolation (res_partner.autopost_bills)",
        )
        self.assertIn("violates not-null constraint", null)
        self.assertEqual(
            number,
            "InvalidTextRepresentation: invalid input syntax for type integer",
        )
        self.assertIn("nothing", column)
        for text in (null, number, column):
            self.assertNotIn(BUYER, text)

    def test_failed_message_is_logged_without_the_buyer(self):
        planner = type(self.env["ecom.order.planner"])
        self.patch(planner, "_prepare_order_values", self.refuse)
        message = self.receive(woo_order(1, [woo_line(1, "MUG", 1, "5.00")]))
        with self.assertLogs("odoo.addons.ecom_orders", logging.DEBUG) as logs:
            self.process()
        text = "\n".join(map(logging.Formatter().format, logs.records))
        self.assertNotIn(BUYER, text)
        self.assertIn("NotNullViolation (res_partner.autopost_bills)", text)
        self.assertIn("in _prepare_plan", text)
        self.assertNotIn(BUYER, message.explanation)
        self.assertIn("NotNullViolation", message.explanation)

    def test_error_behind_an_error_is_logged_without_the_buyer_too(self):
        def refuse(*_args):
            try:
                with self.env.cr.savepoint():
                    self.refuse()
            except pg_errors.IntegrityError as error:
                raise ZeroDivisionError("boom") from error

        self.patch(
            type(self.env["ecom.order.planner"]), "_prepare_order_values", refuse
        )
        self.receive(woo_order(1, [woo_line(1, "MUG", 1, "5.00")]))
        with self.assertLogs("odoo.addons.ecom_orders", logging.DEBUG) as logs:
            self.process()
        text = "\n".join(map(logging.Formatter().format, logs.records))
        self.assertNotIn(BUYER, text)
        self.assertLess(text.index("NotNullViolation"), text.index("boom"))

    def test_nothing_here_logs_an_exception_as_it_is(self):
        words = ("exc_info", "_logger.exception", "traceback.print", "stack_info")
        found = [
            f"{path.relative_to(ADDON)}: {word}"
            for folder in ("models", "wizard", "controllers", "report", "marketplaces")
            for path in sorted((ADDON / folder).rglob("*.py"))
            for word in words
            if word in path.read_text()
        ]
        self.assertEqual(found, [])
