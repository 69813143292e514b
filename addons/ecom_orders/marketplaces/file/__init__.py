"""Files of orders (CSV, XLSX): the connector and what it is made of.

* :mod:`.client`: the connector, for files at an address;
* :mod:`.orders`: :func:`parse_orders`, rows to orders, with what could not be read;
* :mod:`.mapping`, :mod:`.suggestions`, :mod:`.names`: what columns mean, and guesses;
* :mod:`.table`, :mod:`.xlsx`, :mod:`.encoding`: bytes to rows;
* :mod:`.values`, :mod:`.countries`: single cells;
* :mod:`.normaliser`: orders to the common schema;
* :mod:`.export`: parcels and refused rows as files.
"""

from .client import FileConnector, refused_row
from .errors import FileUnreadable
from .export import export_refused, export_shipments
from .mapping import FIELDS, TAXED_FIELDS, Mapping
from .orders import OrderFile, Parsed, ReadOrder, RowError, parse_orders
from .suggestions import DATE_FORMATS, Suggestion, known_status, suggest_mapping
from .table import Table, read_table

__all__ = [
    "DATE_FORMATS",
    "FIELDS",
    "FileConnector",
    "FileUnreadable",
    "Mapping",
    "OrderFile",
    "Parsed",
    "ReadOrder",
    "RowError",
    "Suggestion",
    "TAXED_FIELDS",
    "Table",
    "export_refused",
    "export_shipments",
    "known_status",
    "parse_orders",
    "read_table",
    "refused_row",
    "suggest_mapping",
]
