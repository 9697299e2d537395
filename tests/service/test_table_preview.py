"""Tables as people really have them: the preview reads them, and says what others will stumble over."""

from __future__ import annotations

import pytest

from mlabs_ext.service.table_columns import BARS
from mlabs_ext.service.table_preview import LOOKED_AT, table_of

CLEAN = "name,size,weight,seen,kind\n" + "".join(
    f"bird {n},{n % 40},{n / 7:.3f},2024-01-{n % 28 + 1:02},{'ab'[n % 2]}\n" for n in range(200)
)


def look(tmp_path, data, name="a.csv"):
    file = tmp_path / name
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    problems = []
    return table_of(file, name, problems), {problem.code: problem for problem in problems}


def test_a_clean_table_has_nothing_wrong_with_it(tmp_path):
    table, problems = look(tmp_path, CLEAN)
    assert problems == {}
    assert (table.rows, table.exact, table.looked_at, table.header) == (200, True, 200, True)
    types = {column.name: column.type for column in table.columns}
    assert types == {
        "name": "text",
        "size": "integer",
        "weight": "number",
        "seen": "date",
        "kind": "category",
    }
    size = table.columns[1]
    assert (size.low, size.high, size.mean, size.distinct, size.missing) == (0, 39, 19.5, 40, 0)
    assert len(size.bars) == BARS
    assert sum(bar.count for bar in size.bars) == 200
    assert {bar.label: bar.count for bar in table.columns[4].bars} == {"a": 100, "b": 100}
    assert table.head[0] == ["bird 0", "0", "0.000", "2024-01-01", "a"]


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_other_separators_are_found_and_named(tmp_path, separator):
    table, problems = look(tmp_path, CLEAN.replace(",", separator))
    assert table.separator == separator
    assert len(table.columns) == 5
    assert repr(separator) in problems["separator"].message
    if separator == "\t":
        assert look(tmp_path, CLEAN.replace(",", separator), "a.tsv")[1] == {}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "cp1252"])
def test_other_encodings_are_found_and_named(tmp_path, encoding):
    text = "město,größe\n" if encoding != "cp1252" else "name,größe\n"
    text += "".join(f"Köln am Rhein für Bücher und Öl {n},{n}\n" for n in range(100))
    table, problems = look(tmp_path, text.encode(encoding))
    assert [column.name for column in table.columns] == text.splitlines()[0].split(",")
    assert table.head[0][0].startswith("Köln am Rhein für Bücher")
    assert (table.encoding == "utf-8-sig") == (problems == {}) == (encoding == "utf-8-sig")
    if problems:
        assert "save it as UTF-8" in problems["encoding"].message


def test_mixed_types_are_told_with_an_example(tmp_path):
    rows = "".join(f"{'oops' if n == 50 else n},{'' if n < 60 else 1}, same\n" for n in range(100))
    table, problems = look(tmp_path, f"age,rare,label\n{rows}")
    assert [column.type for column in table.columns] == ["mixed", "integer", "category"]
    assert "'oops'" in problems["mixed"].message
    assert problems["mixed"].column == "age"
    assert "60 of 100" in problems["missing"].message
    assert problems["constant"].column in ("rare", "label")


def test_decimal_commas_are_numbers(tmp_path):
    table, problems = look(tmp_path, "a;b\n" + "".join(f"{n},5;x{n}\n" for n in range(50)))
    assert (table.columns[0].type, table.columns[0].low) == ("number", 0.5)
    assert "decimal=','" in problems["decimal_comma"].message


@pytest.mark.parametrize(
    ("cell", "low", "codes"),
    [
        pytest.param("1.234,50", 1234.5, {"separator", "decimal_comma", "thousands_point"}, id="German"),
        pytest.param("1,234.50", 1234.5, {"separator", "thousands_comma"}, id="English"),
    ],
)
def test_thousands_that_are_set_apart_are_numbers(tmp_path, cell, low, codes):
    rows = "".join(f"{cell}{n};x{n}\n" for n in range(50))
    table, problems = look(tmp_path, f"price;name\n{rows}")
    assert (table.columns[0].type, table.columns[0].low) == ("number", low)
    assert set(problems) == codes


@pytest.mark.parametrize(
    ("text", "encoding", "told"),
    [
        pytest.param("Größe;Straße;Öl\n1,5;Königsstraße;Übung\n", "cp1252", "cp1252", id="German"),
        pytest.param("Größe;Straße\n1,5;Königsstraße\n", "latin-1", "cp1252", id="Latin-1"),
        pytest.param("Prénom;Forêt\nAndré;très bien\nHélène;à côté\n", "cp1252", "cp1252", id="French"),
        pytest.param("Stad;Län\nMalmö;Skåne\nÖrebro;Närke\n", "cp1252", "cp1252", id="Swedish"),
        pytest.param("Imię;Miasto\nŁukasz;Łódź\nZażółć;gęślą jaźń\n", "cp1250", "cp1250", id="Polish"),
        pytest.param("Město;Ulice\nPříbram;Žižkova\nČeské;Dlouhá třída\n", "cp1250", "cp1250", id="Czech"),
        pytest.param("Имя;Город\nИлья;Москва\nЮлия;Казань\n", "cp1251", "cp1251", id="Russian"),
    ],
)
def test_encodings_of_one_byte_are_told_apart(tmp_path, text, encoding, told):
    assert look(tmp_path, text.encode(encoding))[0].encoding == told


def test_without_names_columns_go_by_their_place(tmp_path):
    table, problems = look(tmp_path, "1,2\n3,4\n")
    assert [column.name for column in table.columns] == ["column_1", "column_2"]
    assert (table.rows, table.header) == (2, False)
    assert "header" in problems
    assert "names" in look(tmp_path, "a,a\n1,2\n")[1]
    assert "names" in look(tmp_path, "a,\n1,2\n")[1]


def test_ragged_rows_are_counted(tmp_path):
    table, problems = look(tmp_path, "a,b\n" + "1,2\n" * 20 + "1\n1,2,3\n")
    assert (table.rows, table.columns[1].missing) == (22, 1)
    assert problems["ragged"].message.startswith("2 rows do not have 2 values")
    assert "row 21" in problems["ragged"].message


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"a,b\n", "empty"),
        (b"\x89PNG\0\0\0", "binary"),
        (b'a,b\n1,"' + b"x" * 2_000_000, "broken"),
        (b"a,b\n1,\n2,\n", "empty"),
        (",".join(f"c{n}" for n in range(300)).encode() + b"\n" + b",".join([b"1"] * 300), "wide"),
    ],
)
def test_what_is_no_good_table_says_so(tmp_path, data, code):
    assert code in look(tmp_path, data)[1]


def test_large_tables_are_counted_and_looked_at_in_part(tmp_path):
    table, problems = look(tmp_path, "a,b\n" + "1,x\n" * (LOOKED_AT + 5))
    assert (table.rows, table.looked_at, table.exact) == (LOOKED_AT + 5, LOOKED_AT, True)
    assert f"{LOOKED_AT:,}" in problems["large"].message


@pytest.mark.slow
def test_two_million_rows_are_told_of(tmp_path):
    table, problems = look(tmp_path, "a,b\n" + "1,x\n" * 2_000_000)
    assert table.rows == 2_000_000 or not table.exact
    assert "Train in a page on a part of it" in problems["large"].message
