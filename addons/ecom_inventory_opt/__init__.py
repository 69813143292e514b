from . import algorithms, models
