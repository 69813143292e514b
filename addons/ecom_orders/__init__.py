from . import controllers, marketplaces, models, report, wizard
