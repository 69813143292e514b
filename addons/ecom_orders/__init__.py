from . import controllers, marketplaces, models, wizard
