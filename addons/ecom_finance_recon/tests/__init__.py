from . import (
    test_bank,
    test_closing,
    test_fee_claim,
    test_import,
    test_matching,
    test_performance,
    test_posting,
    test_profit,
    test_refusals,
    test_security,
    test_setup,
)
