"""The shapes that travel between the processes and to the outside; the API description is made from them.

Each noun says in its own file which of its names are for others.
"""

from mlabs_ext.wire.assets import *
from mlabs_ext.wire.audit import *
from mlabs_ext.wire.batches import *
from mlabs_ext.wire.comments import *
from mlabs_ext.wire.curated import *
from mlabs_ext.wire.datasets import *
from mlabs_ext.wire.guard import *
from mlabs_ext.wire.hub import *
from mlabs_ext.wire.imports import *
from mlabs_ext.wire.labs import *
from mlabs_ext.wire.merges import *
from mlabs_ext.wire.metrics import *
from mlabs_ext.wire.models import *
from mlabs_ext.wire.moderation import *
from mlabs_ext.wire.notebook_data import *
from mlabs_ext.wire.notebooks import *
from mlabs_ext.wire.notifications import *
from mlabs_ext.wire.people import *
from mlabs_ext.wire.previews import *
from mlabs_ext.wire.profiles import *
from mlabs_ext.wire.proposals import *
from mlabs_ext.wire.resources import *
from mlabs_ext.wire.runs import *
from mlabs_ext.wire.schedules import *
from mlabs_ext.wire.servers import *
from mlabs_ext.wire.shares import *
from mlabs_ext.wire.stars import *
