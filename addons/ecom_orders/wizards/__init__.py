from . import ecom_file_import_column
from . import ecom_file_import
