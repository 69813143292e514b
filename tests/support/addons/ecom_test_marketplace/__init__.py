from . import my_shop
