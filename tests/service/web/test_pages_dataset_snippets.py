"""The lines that load a table say what the page advises."""

from __future__ import annotations

import pytest

from mlabs_ext.service.table_preview import table_of
from mlabs_ext.service.web.pages.dataset_snippets import _reading
from mlabs_ext.wire import Preview

GERMAN = "Straße;Preis\n" + "".join(f"Königsstraße {n};1.234,5{n}\n" for n in range(9))
ENGLISH = "street,price\n" + "".join(f'King street {n},"1,234.5{n}"\n' for n in range(9))


@pytest.mark.parametrize(
    ("text", "encoding", "arguments"),
    [
        pytest.param(
            GERMAN, "cp1252", ", sep=';', encoding='cp1252', decimal=',', thousands='.'", id="German"
        ),
        pytest.param(ENGLISH, "utf-8", ", thousands=','", id="English"),
        pytest.param("a,b\n1,2\n3,4\n", "utf-8", "", id="plain"),
        pytest.param("1,2\n3,4\n", "utf-8", ", header=None", id="without names"),
    ],
)
def test_a_table_is_read_as_it_is_written(tmp_path, text, encoding, arguments):
    file = tmp_path / "a.csv"
    file.write_bytes(text.encode(encoding))
    problems = []
    table = table_of(file, "a.csv", problems)
    assert _reading(Preview("a.csv", "table", problems, table)) == arguments
