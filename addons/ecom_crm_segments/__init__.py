from . import algorithms, models, wizard
