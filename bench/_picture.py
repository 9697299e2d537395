"""The picture of a run: one line for all goals, and where each figure is beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from _figures import Figure, worse
from _page import goal, number

WIDTH, LEFT, RIGHT, TOP, STEP = 1000, 430, 180, 74, 24
# How many times the goal the scale shows, both ways; what is further lies at its edge.
LEAST, MOST = 1 / 32, 4.0
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.small { font-size: 11px; fill: #57606a; }
.title { font-size: 17px; font-weight: 600; }
.grid { stroke: #d0d7de; }
.goal { stroke: #1f2328; stroke-width: 1.5; }
.met { fill: #1a7f37; stroke: #1a7f37; }
.missed { fill: #bc4c00; stroke: #bc4c00; }
.back { fill: #ffffff; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .small { fill: #9198a1; }
  .grid { stroke: #3d444d; }
  .goal { stroke: #e6edf3; }
  .met { fill: #57d364; stroke: #57d364; }
  .missed { fill: #ffa657; stroke: #ffa657; }
  .back { fill: #0d1117; }
}
"""


def across(beyond: float) -> float:
    """Where on the picture so many times the goal is."""
    place = min(max(beyond, LEAST), MOST)
    share = math.log(place / LEAST) / math.log(MOST / LEAST)
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def picture(figures: Sequence[Figure], said: str) -> str:
    """An SVG of all figures with goals; `said` is what it says of itself below its title."""
    shown = [figure for figure in figures if figure.goal]
    height = TOP + STEP * len(shown) + 40
    met = sum(figure.met for figure in shown)
    title = f"What must be fast: {met} of {len(shown)} goals are met"
    told = "; ".join(f"{one.work}: {number(one.judged)}, goal {goal(one)}" for one in shown)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'role="img" aria-labelledby="t d">',
        f'<title id="t">{escape(title)}</title>',
        f'<desc id="d">Left of the line is better than the goal, right is worse. {escape(told)}.</desc>',
        f"<style>{STYLE}</style>",
        f'<rect class="back" width="{WIDTH}" height="{height}"/>',
        f'<text class="title" x="16" y="28">{escape(title)}</text>',
        f'<text class="small" x="16" y="47">{escape(said)}</text>',
        *_scale(height),
    ]
    for place, figure in enumerate(shown):
        parts += _row(figure, TOP + STEP * place + STEP / 2)
    return "\n".join([*parts, "</svg>", ""])


def _scale(height: int) -> list[str]:
    lines = []
    for times in (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4):
        x = across(times)
        kind = "goal" if times == 1 else "grid"
        name = "goal" if times == 1 else f"{times:g}×" if times > 1 else f"1/{1 / times:g}"
        lines.append(f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{height - 34}"/>')
        lines.append(f'<text class="small" text-anchor="middle" x="{x:.1f}" y="{TOP - 11}">{name}</text>')
    foot = "times the goal, on a scale of doublings; ● met, ◆ missed; a line is the 95 % interval"
    return [*lines, f'<text class="small" x="{LEFT}" y="{height - 14}">{foot}</text>']


def _row(figure: Figure, y: float) -> list[str]:
    assert figure.goal is not None and figure.beyond is not None
    kind = "met" if figure.met else "missed"
    x = across(figure.beyond)
    work = figure.work if len(figure.work) <= 62 else f"{figure.work[:61]}…"
    parts = [f'<text text-anchor="end" x="{LEFT - 14}" y="{y + 4}">{escape(work)}</text>']
    # An interval of the ratio says nothing of a goal in milliseconds.
    if figure.goal.of != "ours" or figure.peer is None:
        ends = [across(worse(end, figure.goal.limit, figure.better)) for end in (figure.low, figure.high)]
        parts.append(
            f'<line class="{kind}" stroke-width="2" x1="{ends[0]:.1f}" x2="{ends[1]:.1f}" y1="{y}" y2="{y}"/>'
        )
    if figure.met:
        parts.append(f'<circle class="{kind}" cx="{x:.1f}" cy="{y}" r="5"/>')
    else:
        parts.append(f'<path class="{kind}" d="M{x:.1f} {y - 7}l7 7l-7 7l-7 -7z"/>')
    value = f"{number(figure.judged)}, goal {goal(figure)}"
    return [*parts, f'<text class="small" x="{WIDTH - RIGHT + 16}" y="{y + 4}">{escape(value)}</text>']
