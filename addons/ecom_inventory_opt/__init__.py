from . import algorithms, models, report
