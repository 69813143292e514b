from . import booking, formats, matching, models, wizard
