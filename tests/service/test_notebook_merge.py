"""The three-way merge of notebooks: a table of what both sides may do to cells."""

from __future__ import annotations

from typing import Any

import pytest
from support.merged_cells import cell, notebook, sources

from mlabs_ext.service.notebook_merge import merge
from mlabs_ext.wire.merges import MergeChoice


def named(*names: str, **changed: str) -> dict[str, Any]:
    """A notebook of cells with ids: each says what its name stands for, or what is given."""
    return notebook(*(cell(changed.get(name, WORDS.get(name, name * 9)), name) for name in names))


WORDS = {
    "t": "# Penguins",
    "i": "import numpy as np\nimport pandas as pd",
    "l": "rows = pd.read_csv('penguins.csv')",
    "f": "model = fit(rows)\nscore = model.score(rows)\nprint(score)",
    "p": "plot(model)",
}
BASE = "tilfp"
ALL = named(*BASE)
FIT = "model = fit(rows{})\nscore = model.score(rows)\nprint(score{})".format
# What mine and theirs made of it, and what the merge has.
MERGES = {
    "nothing": (ALL, ALL, ALL),
    "they edit": (ALL, named(*BASE, l="rows = load()"), named(*BASE, l="rows = load()")),
    "I edit": (named(*BASE, p="plot(model, 3)"), ALL, named(*BASE, p="plot(model, 3)")),
    "different cells": (
        named(*BASE, p="plot(model, 3)"),
        named(*BASE, l="rows = load()"),
        named(*BASE, p="plot(model, 3)", l="rows = load()"),
    ),
    "different lines of one cell": (
        named(*BASE, f=FIT(", 9", "")),
        named(*BASE, f=FIT("", ", 2")),
        named(*BASE, f=FIT(", 9", ", 2")),
    ),
    "the same edit": (*[named(*BASE, l="rows = pd.read_csv('p.csv')")] * 3,),
    "they add": (ALL, named(*"tilnfp"), named(*"tilnfp")),
    "they add at the start": (ALL, named(*"ntilfp"), named(*"ntilfp")),
    "they add at the end": (ALL, named(*"tilfpn"), named(*"tilfpn")),
    "both add at one place": (named(*"tilmfp"), named(*"tilnfp"), named(*"tilmnfp")),
    "both add at the start": (named(*"mtilfp"), named(*"ntilfp"), named(*"mntilfp")),
    "both add at the end": (named(*"tilfpm"), named(*"tilfpn"), named(*"tilfpmn")),
    "both add the same": (named(*"tilnfp"), named(*"tilnfp"), named(*"tilnfp")),
    "both add several": (named(*"tmilfp"), named(*"tnoilfpq"), named(*"tmnoilfpq")),
    "they remove": (ALL, named(*"tifp"), named(*"tifp")),
    "I remove": (named(*"tifp"), ALL, named(*"tifp")),
    "both remove": (named(*"tilf"), named(*"tilf"), named(*"tilf")),
    "all is removed": (ALL, named(), named()),
    "they remove, I add beside it": (named(*"tilmfp"), named(*"tifp"), named(*"timfp")),
    "I remove what they add after": (named(*"tifp"), named(*"tilnfp"), named(*"tinfp")),
    "they move": (ALL, named(*"tpilf"), named(*"tpilf")),
    "I move": (named(*"tpilf"), ALL, named(*"tpilf")),
    "both move different cells": (named(*"tlifp"), named(*"tilpf"), named(*"tlipf")),
    "both move the same cell, mine stands": (named(*"ptilf"), named(*"tpilf"), named(*"ptilf")),
    "they add after what I move": (named(*"tpilf"), named(*"tilfpn"), named(*"tpnilf")),
    "I edit and add, they move and remove": (
        named(*"tilmfp", i="import numpy as np\nimport pandas"),
        named(*"tlip"),
        named(*"tlimp", i="import numpy as np\nimport pandas"),
    ),
}
# What is known by ids alone: a cell without one that moved and changed is another one.
WITH_IDS = {
    "they move and edit": (ALL, named(*"tpilf", p="show(9)"), named(*"tpilf", p="show(9)")),
    "they move what I edit": (named(*BASE, p="show(9)"), named(*"tpilf"), named(*"tpilf", p="show(9)")),
    "the same new text": (*[named(*BASE, l="x = 3")] * 3,),
}


@pytest.mark.parametrize("case", MERGES | WITH_IDS)
def test_merges_without_a_conflict(case):
    mine, theirs, wanted = (MERGES | WITH_IDS)[case]
    found = merge(ALL, mine, theirs)
    assert found.conflicts == []
    assert found.notebook["cells"] == wanted["cells"]


@pytest.mark.parametrize("case", MERGES)
def test_without_ids_cells_are_known_by_what_they_say(case):
    """As in notebooks of nbformat 4.4 and older."""
    found = merge(*(without_ids(one) for one in (ALL, *MERGES[case][:2])))
    assert found.conflicts == []
    assert found.notebook["cells"] == without_ids(MERGES[case][2])["cells"]


def without_ids(made: dict[str, Any]) -> dict[str, Any]:
    return made | {"cells": [{k: v for k, v in one.items() if k != "id"} for one in made["cells"]]}


@pytest.mark.parametrize("case", MERGES)
def test_ids_that_are_numbers_of_cells_mislead_nobody(case):
    def numbered(made: dict[str, Any]) -> dict[str, Any]:
        return made | {"cells": [one | {"id": f"cell-{n}"} for n, one in enumerate(made["cells"])]}

    found = merge(*(numbered(one) for one in (ALL, *MERGES[case][:2])))
    assert found.conflicts == []
    assert sources(found.notebook) == sources(MERGES[case][2])
    ids = [one["id"] for one in found.notebook["cells"]]
    assert len(set(ids)) == len(ids)


CONFLICTS = {
    "both edit a line": (named(*BASE, l="rows = mine()"), named(*BASE, l="rows = theirs()"), "edited"),
    "neighbouring lines": (
        named(*BASE, f="model = mine()\nscore = model.score(rows)\nprint(score)"),
        named(*BASE, f="model = fit(rows)\nscore = theirs()\nprint(score)"),
        "edited",
    ),
    "they remove what I edit": (named(*BASE, l="rows = mine()"), named(*"tifp"), "removed_there"),
    "I remove what they edit": (named(*"tifp"), named(*BASE, l="rows = theirs()"), "removed_here"),
    "both add one cell and go on": (
        named(*"tilnfp", n="a = 1\nb = 2\nc = 3"),
        named(*"tilnfp", n="a = 1\nb = 2\nc = 4"),
        "added",
    ),
    "text": (named(*BASE, t="# Penguins, mine"), named(*BASE, t="# Penguins, theirs"), "edited"),
    "of another kind": (
        notebook(cell("x = 1", "a", "raw")), notebook(cell("x = 1", "a", "markdown")), "edited"
    ),
}  # fmt: skip
BASES = {"of another kind": notebook(cell("x = 1", "a"))}


@pytest.mark.parametrize("case", CONFLICTS)
def test_conflicts_and_their_choices(case):
    mine, theirs, kind = CONFLICTS[case]
    base = BASES.get(case, ALL)
    found = merge(base, mine, theirs)
    [conflict] = found.conflicts
    assert conflict.kind == kind
    assert found.notebook["cells"] == mine["cells"], "mine stands until somebody chooses"

    def chosen(take: str, source: str | None = None) -> list[str]:
        made = merge(base, mine, theirs, {conflict.id: MergeChoice(take, source)})
        assert made.conflicts == []
        assert len({one["id"] for one in made.notebook["cells"]}) == len(made.notebook["cells"])
        return sources(made.notebook)

    assert chosen("mine") == sources(mine)
    assert chosen("theirs") == sources(theirs)
    edited = chosen("edit", "both_of_us()")
    assert "both_of_us()" in edited
    assert conflict.mine not in edited or kind == "removed_here"
    both = chosen("both")
    assert {conflict.mine, conflict.theirs} - {None} <= set(both)
    assert len(both) == max(len(mine["cells"]), len(theirs["cells"])) + (
        None not in (conflict.mine, conflict.theirs)
    )


def printed(source: str, shown: str) -> dict[str, Any]:
    return notebook(cell(source, "a", shown=shown))


OUTPUTS = {
    "nobody changed it": (printed("a", "1"), printed("a", "1"), "1"),
    "I ran it again": (printed("a", "2"), printed("a", "1"), "2"),
    "they ran it again": (printed("a", "1"), printed("a", "3"), "3"),
    "both ran it again": (printed("a", "2"), printed("a", "3"), "2"),
    "they edited, I ran it": (printed("a", "2"), printed("b", "3"), "3"),
    "I edited, they ran it": (printed("b", "2"), printed("a", "3"), "2"),
    "both edited alike": (printed("b", "2"), printed("b", "3"), "2"),
}


@pytest.mark.parametrize("case", OUTPUTS)
def test_what_a_cell_shows_is_of_what_it_says(case):
    mine, theirs, wanted = OUTPUTS[case]
    [made] = merge(printed("a", "1"), mine, theirs).notebook["cells"]
    assert [one["text"] for one in made["outputs"]] == [wanted]
    assert made["execution_count"] == 1


def test_a_cell_of_lines_of_both_has_no_output():
    base, mine, theirs = (printed(FIT(*given), "1") for given in (("", ""), (", 9", ""), ("", ", 2")))
    [made] = merge(base, mine, theirs).notebook["cells"]
    assert (made["outputs"], made["execution_count"]) == ([], None)


def test_an_edited_choice_has_no_output():
    base, mine, theirs = (printed(one, "1") for one in ("a", "b", "c"))
    [made] = merge(base, mine, theirs, {"cell-1": MergeChoice("edit", "d")}).notebook["cells"]
    assert (made["source"], made["outputs"], made["execution_count"]) == ("d", [], None)


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "wanted"),
    [
        ({}, {"mlabs": {"lab": "bob/f"}}, {"mlabs": {"lab": "ada/m"}}, {"mlabs": {"lab": "bob/f"}}),
        ({}, {}, {"kernelspec": {"name": "x"}, "mlabs": {"environment": "x"}}, {}),
        ({"title": "a"}, {"title": "a"}, {"title": "b"}, {"title": "b"}),
        ({"title": "a"}, {"title": "c"}, {"title": "b"}, {"title": "c"}),
        ({"title": "a"}, {"title": "a"}, {}, {}),
        ({}, {"mlabs": "odd"}, {"mlabs": {"data": ["ada/d"]}}, {"mlabs": {"data": ["ada/d"]}}),
        (
            {"mlabs": {"data": ["ada/a"]}},
            {"mlabs": {"data": ["ada/a", "bob/b"], "lab": "bob/f"}},
            {"mlabs": {"data": ["ada/a", "ada/c"], "lab": "ada/m"}},
            {"mlabs": {"data": ["ada/a", "bob/b", "ada/c"], "lab": "bob/f"}},
        ),
    ],
    ids=["lab", "runtime", "theirs", "both", "removed", "odd", "datasets"],
)
def test_metadata(base, mine, theirs, wanted):
    found = merge(*(notebook("x", **one) for one in (base, mine, theirs)))
    assert found.notebook["metadata"] == wanted


def test_metadata_of_cells():
    base = notebook(cell("x", "a", old=1, gone=1))
    mine = notebook(cell("x", "a", old=2, gone=1, mine=1))
    theirs = notebook(cell("y", "a", old=1, theirs=1))
    [made] = merge(base, mine, theirs).notebook["cells"]
    assert made == cell("y", "a", old=2, mine=1, theirs=1)


def test_what_would_change_is_told():
    found = merge(ALL, ALL, named(*"tinfp", f=FIT(", 4", "")))
    assert [(one.change, one.a, one.b) for one in found.cells] == [
        ("removed", 3, None), ("added", None, 3), ("changed", 4, 4)
    ]  # fmt: skip


def test_who_pulled_all_there_is_pulls_nothing():
    theirs = named(*"tinfp", f=FIT(", 4", ""))
    once = merge(ALL, named(*BASE, p="plot(7)"), theirs).notebook
    again = merge(theirs, once, theirs)
    assert (again.conflicts, again.cells, again.notebook) == ([], [], once)
