"""The code lists of an archive as rows of the lake, from an invented archive."""

from pathlib import Path

from assets.parsing.bulk_lookup import SCHEMA, code_rows
from assets.parsing.census_bulk import parse_archive
from tests.synthetic.archives import write_lines


def test_every_code_of_every_list_is_one_row(tmp_path: Path) -> None:
    lists = parse_archive(write_lines(tmp_path / "IMDB2512.ZIP", "imports"), "IMDB2512.ZIP", tmp_path).lookups
    rows = code_rows(lists).to_pylist()
    assert len(rows) == sum(len(table) for table in lists.values())
    assert {row["member"] for row in rows} == {
        "CONCORD", "COUNTRY", "DISTRICT", "ENDUSE", "HITECH", "HSDESC", "NAICS", "SITC",
    }  # fmt: skip
    by_code = {(row["member"], row["code"]): row for row in rows}
    laptops = by_code["CONCORD", "8471300100"]
    assert (laptops["short_name"], laptops["name"], laptops["unit_1"], laptops["unit_2"]) == (
        "8471300100",
        "",
        "NO",
        "KG",
    )
    assert by_code["COUNTRY", "5700"]["name"] == "LAND É 5700"
    assert by_code["ENDUSE", "213"] == {
        **dict.fromkeys(SCHEMA.names), "member": "ENDUSE", "code": "213", "name": "INVENTED",
    }  # fmt: skip


def test_an_archive_without_lists_has_no_rows() -> None:
    assert code_rows({}).schema == SCHEMA
    assert code_rows({}).num_rows == 0
