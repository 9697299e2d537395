"""Whatever both sides do to many cells, a merge loses nothing of either."""

from __future__ import annotations

import random
from typing import Any

import pytest
from support.merged_cells import cell, notebook, sources

from mlabs_ext.service.notebook_merge import merge


@pytest.mark.parametrize("seed", range(30))
def test_whatever_happens_nothing_of_mine_or_theirs_is_lost(seed):
    """What one side wrote anew is in the merge or in a conflict, and both orders of sides keep the same."""
    chance = random.Random(seed)
    base = notebook(*(cell(f"x{n} = {n}\nprint(x{n})\n# {n}", f"c{n}", "code") for n in range(12)))
    mine, theirs = altered(base, chance, "mine"), altered(base, chance, "theirs")
    found = merge(base, mine, theirs)
    whole = "\n".join([*sources(found.notebook), *(f"{one.mine}\n{one.theirs}" for one in found.conflicts)])
    for side, who in ((mine, "mine"), (theirs, "theirs")):
        for line in "\n".join(sources(side)).split("\n"):
            assert who not in line or line in whole
    other = merge(base, theirs, mine)
    assert len(other.conflicts) == len(found.conflicts)
    if not found.conflicts:
        assert sorted(sources(other.notebook)) == sorted(sources(found.notebook))


def altered(base: dict[str, Any], chance: random.Random, who: str) -> dict[str, Any]:
    cells = [dict(one) for one in base["cells"]]
    for n in range(4):
        at = chance.randrange(len(cells))
        act = chance.choice(["edit", "add", "remove", "move"])
        if act == "edit":
            lines = cells[at]["source"].split("\n")
            lines[chance.randrange(len(lines))] = f"# {who} {n}"
            cells[at] = cells[at] | {"source": "\n".join(lines)}
        elif act == "add":
            cells.insert(at, cell(f"{who}_new_{n}()", f"{who}{n}", "code"))
        else:
            taken = cells.pop(at)
            if act == "move":
                cells.insert(chance.randrange(len(cells) + 1), taken)
    return base | {"cells": cells}


def test_two_thousand_cells():
    many = [cell(f"x{n} = f({n})\nprint(x{n})", f"c{n}") for n in range(2000)]
    base, mine, theirs = notebook(*many), notebook(*many), notebook(*many)
    mine["cells"][700] = cell("x = mine", "c700")
    mine["cells"].insert(3, cell("mine", "m"))
    theirs["cells"][1400] = cell("x = theirs", "c1400")
    theirs["cells"] = theirs["cells"][5:] + theirs["cells"][:5]
    found = merge(base, mine, theirs)
    assert found.conflicts == []
    assert len(found.notebook["cells"]) == 2001
    assert {"x = mine", "mine", "x = theirs"} <= set(sources(found.notebook))
