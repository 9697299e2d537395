"""The badge that says whether a lab's latest version gave its result once more, and when."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

from msgspec import UNSET

from mlabs_ext.service.viewers import Viewer
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.wire import Lab

# Seconds for which others may show what they have; the ETag makes looking again cheap.
FRESH = 300
COLORS = {"yes": "#53dcae", "no": "#ff8f7d", "not yet": "#a0a6b1"}
LEFT, LETTER = 31, 6.8
IMAGE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="24" viewBox="0 0 {whole} 24" role="img" '
    'aria-label="{words}"><title>{words}</title><rect width="{whole}" height="24" rx="5" fill="#14171b"/>'
    '<g transform="translate(6 3) scale(.28125)"><path d="M9 53 20 13l12 28 12-28 11 40" fill="none" '
    'stroke="#f4f3ee" stroke-width="6" stroke-linecap="round" stroke-linejoin="round"/>'
    '<circle cx="32" cy="41" r="10" fill="{color}"/></g><text x="31" y="16.2" fill="#f4f3ee" '
    "font-family=\"-apple-system,'Segoe UI',Roboto,'Liberation Sans',Helvetica,Arial,sans-serif\" "
    'font-size="12.5" font-weight="600" textLength="{width}" lengthAdjust="spacingAndGlyphs">{words}</text>'
    "</svg>"
)


class ReproducedBadge(BaseHandler):
    """`BASE/@{owner}/{lab}/reproduced.svg`."""

    reads_cookies = False

    async def get(self, owner: str, name: str) -> None:
        """Answer with the image, for any site; a lab that not everybody may see has none."""
        lab = await self.run(self.app.labs.get, Viewer.anonymous(), owner, name)
        image = badge(*state(lab, datetime.now(UTC)))
        self.etag = f'"{sha256(image.encode()).hexdigest()[:32]}"'
        self.set_header("Content-Type", "image/svg+xml")
        self.set_header("Cache-Control", f"public, max-age={FRESH}")
        self.set_header("Access-Control-Allow-Origin", "*")
        self.set_header("Cross-Origin-Resource-Policy", "cross-origin")
        self.finish(image)


def state(lab: Lab, now: datetime) -> tuple[str, str]:
    """The words of the badge, and which of `COLORS` it has."""
    found = lab.reproduced
    if found is UNSET:
        return "not reproduced yet", "not yet"
    days = max(0, (now - found.ended).days)
    ago = "today" if days == 0 else "1 day ago" if days == 1 else f"{days} days ago"
    return (f"reproduced {ago}", "yes") if found.passed else (f"failed {ago}", "no")


def badge(words: str, color: str) -> str:
    """The image, as wide as its words."""
    width = round(len(words) * LETTER)
    return IMAGE.format(words=words, color=COLORS[color], width=width, whole=LEFT + width + 9)
