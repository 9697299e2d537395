"""The one page that this extension shows by itself: what went wrong when a lab was to be opened."""

from __future__ import annotations

from urllib.parse import quote

from jinja2 import Environment

from mlabs_ext.errors import BadInput, MLabsError
from mlabs_ext.names import split_lab

PAGE = Environment(autoescape=True).from_string("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{ title }}</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 15vh auto 0; padding: 0 1rem;
  color-scheme: light dark; }
code { opacity: .7 }
</style></head>
<body><main><h1>{{ title }}</h1>
<p>{{ error.message }}</p>
<p>{% if lab %}<a href="{{ base }}@{{ lab }}">The lab's page</a> · {% endif %}<a href="">Try again</a> ·
<a href="{{ base }}">Explore</a></p>
<p><code>{{ error.code }}</code></p></main></body></html>
""")


def error_page(error: MLabsError, base: str, asked: str) -> str:
    """The page for an error; `asked` is the lab as it stood in the address, `base` the service's path."""
    try:
        owner, name = split_lab(asked)
        lab = f"{quote(owner, safe='')}/{name}"
    except BadInput:
        lab = ""
    return PAGE.render(title="This lab could not be opened", error=error, base=base, lab=lab)
