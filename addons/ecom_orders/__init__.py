from . import controllers, marketplaces, models, wizards
