from . import test_replenishment_line
