from . import test_figures
from . import test_identity
from . import test_rfm
from . import test_segments
from . import test_mailing_lists
from . import test_campaigns
from . import test_predictions
from . import test_crm_security
