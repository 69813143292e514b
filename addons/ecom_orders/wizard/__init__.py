from . import ecom_oversell_simulate
