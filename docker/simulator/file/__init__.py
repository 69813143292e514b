"""A shop that only writes files: a scheduled export at an address."""

import json
from pathlib import Path

#: What the columns of the plain style mean, as a channel's ``file_mapping`` wants it.
MAPPING = json.loads(Path(__file__).with_name("mapping.json").read_text("utf-8"))
