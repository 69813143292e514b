"""Messages of many documents, created at once instead of one by one.

Core posts two messages for each order that a settlement pays, "Invoice paid" on the
order and the new payment state on the invoice, each with about ten queries. While a
settlement is reconciled they are collected, and then created with a few queries.
"""

from collections import defaultdict

from odoo import models

#: key of the context under which documents find the batch
MESSAGE_BATCH = "ecom_message_batch"
SIMPLE = {"body", "author_id", "subtype_id", "tracking_value_ids"}


class MessageBatch:
    """What documents want to post, until ``post()`` does it."""

    def __init__(self):
        self._waiting = []

    def add(self, record, values):
        """Take a message, if it is one of the simple kind.

        :param values: keyword arguments of ``message_post``.
        :return: whether it was taken.
        """
        if set(values) <= SIMPLE:
            self._waiting.append((record, values))
            return True
        return False

    def post(self):
        """Create the messages; where a follower is to be told, core posts them."""
        waiting, self._waiting = self._waiting, []
        groups = defaultdict(list)
        for record, values in waiting:
            record = record.with_context(**{MESSAGE_BATCH: None})
            note = record.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note")
            subtype = values.get("subtype_id") or note
            groups[record._name, subtype, values.get("author_id")].append(
                (record, values)
            )
        for (_model, subtype, author), posts in groups.items():
            followed = self._get_followed(posts, subtype)
            for record, values in posts:
                if record.id in followed:
                    record.message_post(**values)
            quiet = [post for post in posts if post[0].id not in followed]
            for some in self._split_repeated(quiet):
                self._log(some, subtype, author)

    def _get_followed(self, posts, subtype):
        """Ids of documents that somebody follows for this kind of message."""
        record = posts[0][0]
        # sudo: who follows a document decides how it is posted, and is not shown
        followers = record.env["mail.followers"].sudo()
        rows = followers._read_group(
            [
                ("res_model", "=", record._name),
                ("res_id", "in", [one.id for one, _values in posts]),
                ("subtype_ids", "in", [subtype]),
            ],
            ["res_id"],
        )
        return {res_id for (res_id,) in rows}

    def _split_repeated(self, posts):
        """Parts in which each document is there once, in the order of posting."""
        parts, seen = defaultdict(list), defaultdict(int)
        for record, values in posts:
            parts[seen[record.id]].append((record, values))
            seen[record.id] += 1
        return parts.values()

    def _log(self, posts, subtype, author):
        first = posts[0][0]
        records = first.browse(record.id for record, _values in posts)
        bodies = {record.id: values.get("body") or "" for record, values in posts}
        messages = records._message_log_batch(bodies, author_id=author)
        kind = first.env["mail.message.subtype"].browse(subtype)
        if messages.subtype_id != kind:
            messages.write({"subtype_id": subtype, "is_internal": kind.internal})
        # sudo: as core does for the changes of tracked fields
        first.env["mail.tracking.value"].sudo().create(
            [
                {**command[2], "mail_message_id": message.id}
                for message, (_record, values) in zip(messages, posts, strict=True)
                for command in values.get("tracking_value_ids") or ()
            ]
        )


class AccountMove(models.Model):
    """An invoice whose message waits for those of the others."""

    _inherit = "account.move"

    def message_post(self, **kwargs):
        batch = self.env.context.get(MESSAGE_BATCH)
        if batch and batch.add(self, kwargs):
            return self.env["mail.message"]
        return super().message_post(**kwargs)


class SaleOrder(models.Model):
    """An order whose message waits for those of the others."""

    _inherit = "sale.order"

    def message_post(self, **kwargs):
        batch = self.env.context.get(MESSAGE_BATCH)
        if batch and batch.add(self, kwargs):
            return self.env["mail.message"]
        return super().message_post(**kwargs)
