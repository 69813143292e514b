from . import controllers, marketplaces, models
