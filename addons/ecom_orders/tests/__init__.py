from . import (
    test_channel,
    test_import_amounts,
    test_import_edit,
    test_import_lifecycle,
    test_inbox,
    test_listing,
    test_partner,
    test_refund,
    test_security,
    test_tax_rule,
    test_tour,
    test_translation,
    test_webhook,
)
from . import test_import_facts
from . import test_batch_confirm
from . import test_file_import
