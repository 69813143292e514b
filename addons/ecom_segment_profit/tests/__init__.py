from . import test_segment_profit, test_translation
