"""nbviewer as a server of a folder: `python bench/_nbviewer.py --port=… --localfiles=…`, by its own Python.

Its last release expects three things that are gone by now and that its cached page does not need: they are
put back here, so that it starts. Nothing else of it is changed.
"""

from __future__ import annotations

import html
import sys
import warnings

warnings.simplefilter("ignore")

import cgi  # noqa: E402

import newrelic.agent  # noqa: E402
import tornado.web  # noqa: E402

cgi.escape = html.escape
tornado.web.asynchronous = lambda method: method
newrelic.agent.get_browser_timing_header = newrelic.agent.get_browser_timing_footer = lambda: ""

from nbviewer.app import main  # noqa: E402

sys.exit(main())
