from . import (
    ecom_settlement_deferral_close,
    ecom_settlement_import,
    ecom_settlement_resolve,
    ecom_settlement_roll_back,
    ecom_settlement_setup,
    ecom_settlement_closing,
)
