from . import formats, matching
