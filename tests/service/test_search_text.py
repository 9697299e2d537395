"""What of a notebook is searched, and how it is kept."""

from __future__ import annotations

import json

from service.conftest import cells

from mlabs_ext import notebook as notebooks
from mlabs_ext.service import orm
from mlabs_ext.service.search_text import LIMIT, Piece, entry, facet, packed, pieces, unpacked


def read(*sources: str, outputs: list | None = None) -> list[Piece]:
    made = cells(*sources)
    for cell in made["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = outputs or []
    return pieces(notebooks.parse(json.dumps(made).encode()))


def test_sources_are_searched_and_outputs_are_not():
    output = {"output_type": "stream", "name": "stdout", "text": "secret"}
    found = read("# Title\n\ntext", "x = 1", " ", outputs=[output])
    assert found == [Piece("text", "# Title\n\ntext"), Piece("code", "x = 1")]
    assert unpacked(packed(found)) == found
    assert unpacked(None) == []


def test_long_cells_are_parted_between_words():
    source = " ".join(f"word{n}" for n in range(5000))
    found = read(source)
    assert len(found) > 10
    assert max(len(piece.text) for piece in found) <= 3000
    assert " ".join(piece.text for piece in found) == source
    assert "".join(piece.text for piece in read("é" * 9000)) == "é" * 9000


def test_what_is_searched_ends_somewhere():
    found = read(*(f"x{n} = '{'ab ' * 10_000}'" for n in range(10)))
    assert LIMIT * 0.9 < sum(len(piece.text) for piece in found) <= LIMIT


def test_pasted_pictures_are_left_out():
    pasted = "iVBORw0KGgo" * 1000
    (piece,) = read(f"before = '{pasted}' # after")
    assert piece.text == "before = ' ' # after"
    (piece,) = read("# ![plot](data:image/png;base64," + pasted + ") zebra")
    assert piece.text.endswith(", ) zebra")


def test_an_entry_has_all_that_can_be_found():
    lab = orm.Lab(
        owner="ada@example.org", name="iris-2", title="Iris", description="Petals.", tags=["c++"], version=1,
        visibility="public", environment="python", accelerator="none", deleted=None,
    )  # fmt: skip
    made = entry(lab, packed([Piece("code", "fit(X)")]))
    assert made.head == ["iris", "ada", "example", "org", "iris", "2", "c"]
    assert made.body == ["petals", "fit", "x"]
    assert made.facets[0] == "listed"
    assert facet("owner", "ada@example.org") in made.facets
    assert facet("tag", "c++") in made.facets
    assert all(name.isalnum() for name in made.facets)
    lab.visibility = "unlisted"
    assert "listed" not in entry(lab, None).facets
