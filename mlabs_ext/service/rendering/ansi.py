"""What a terminal would show, as HTML: colors, carriage returns and backspaces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from itertools import islice

MAX_TEXT = 400_000
ESCAPE = re.compile(r"\x1b(?:\[([0-9;:?]*)([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
OVERWRITTEN = re.compile(r"[^\n]*\r(?=[^\n\r])")
BACKSPACED = re.compile(r"[^\n\x08]\x08")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
FLAGS = {1: "bold", 2: "faint", 3: "italic", 4: "underline", 7: "inverse", 9: "strike"}
EXACT = {"color": "rgb", "background-color": "on-rgb"}
ENDS = {
    21: ("bold",),
    22: ("bold", "faint"),
    23: ("italic",),
    24: ("underline",),
    27: ("inverse",),
    29: ("strike",),
}


def to_html(text: str) -> str:
    """`text` as HTML with `a-…` classes for its colors; very long text loses its middle, and says so."""
    text, cut = _shortened(text)
    if "\r" in text:
        text = OVERWRITTEN.sub("", text.replace("\r\n", "\n"))
    for _ in range(8):
        if "\x08" not in text:
            break
        text = BACKSPACED.sub("", text)
    html = "".join(_spans(text)) if "\x1b" in text else escape(text, quote=False)
    if CONTROL.search(html):
        html = CONTROL.sub("", html)
    return html.replace(cut, f'<span class="cut">{cut}</span>') if cut else html


def plain(text: str) -> str:
    """`text` without its escape sequences."""
    return ESCAPE.sub("", text)


def _shortened(text: str) -> tuple[str, str]:
    if len(text) <= MAX_TEXT:
        return text, ""
    half = MAX_TEXT // 2
    cut = f"… {len(text) - MAX_TEXT:,} characters are left out here; the notebook has them …"
    return f"{text[:half]}\n{cut}\n{text[-half:]}", cut


def _spans(text: str) -> Iterator[str]:
    """The text between the escape sequences, each stretch in the style that holds there."""
    style: dict[str, str] = {}
    opened = ""
    place = 0
    for found in ESCAPE.finditer(text):
        if found.start() > place:
            yield _wrapped(text[place : found.start()], opened)
        place = found.end()
        if found[2] == "m":
            _apply(style, found[1])
            opened = _opening(style)
    yield _wrapped(text[place:], opened)


def _wrapped(text: str, opened: str) -> str:
    html = escape(text, quote=False)
    return f"{opened}{html}</span>" if opened and text else html


def _opening(style: dict[str, str]) -> str:
    """The tag of a style; exact colors travel as variables, so that the style sheet keeps them readable."""
    if not style:
        return ""
    exact = {key: value for key, value in style.items() if value.startswith("#")}
    classes = [f"a-{EXACT[key] if key in exact else value}" for key, value in style.items()]
    variables = ";".join(f"--{EXACT[key]}:{value}" for key, value in exact.items())
    return f'<span class="{" ".join(classes)}"' + (f' style="{variables}">' if variables else ">")


def _apply(style: dict[str, str], codes: str) -> None:
    """Follow one `ESC[…m`."""
    numbers = iter([int(code) if code.isdigit() else 0 for code in re.split("[;:]", codes[:200])])
    for code in numbers:
        if code == 0:
            style.clear()
        elif code in FLAGS:
            style[FLAGS[code]] = FLAGS[code]
        elif code in ENDS:
            for flag in ENDS[code]:
                style.pop(flag, None)
        elif code in (38, 48):
            _set_color(style, "color" if code == 38 else "background-color", _extended(numbers))
        else:
            _set_basic(style, code)


def _set_basic(style: dict[str, str], code: int) -> None:
    tens, color = code // 10, code % 10
    if code in (39, 49):
        style.pop("color" if code == 39 else "background-color", None)
    elif color < 8 and tens in (3, 9):
        style["color"] = ("bright-" if tens == 9 else "") + NAMES[color]
    elif color < 8 and tens in (4, 10):
        style["background-color"] = "on-" + ("bright-" if tens == 10 else "") + NAMES[color]


def _set_color(style: dict[str, str], key: str, color: int | str | None) -> None:
    if isinstance(color, int):
        name = ("bright-" if color > 7 else "") + NAMES[color % 8]
        style[key] = name if key == "color" else f"on-{name}"
    elif color:
        style[key] = color


def _extended(numbers: Iterator[int]) -> int | str | None:
    """The color that follows 38 or 48: one of 16 by number, or `#rrggbb`."""
    kind = next(numbers, None)
    if kind == 2:
        rgb = list(islice(numbers, 3))
        return "#{:02x}{:02x}{:02x}".format(*rgb) if len(rgb) == 3 and max(rgb) < 256 else None
    index = next(numbers, 256) if kind == 5 else 256
    if index < 16:
        return index
    if index < 232:
        steps = (index - 16) // 36, (index - 16) // 6 % 6, (index - 16) % 6
        return "#{:02x}{:02x}{:02x}".format(*(55 + step * 40 if step else 0 for step in steps))
    return "#{0:02x}{0:02x}{0:02x}".format((index - 232) * 10 + 8) if index < 256 else None
