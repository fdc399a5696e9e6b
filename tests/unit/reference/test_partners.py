"""The partner table: complete for every file at hand, without two partners on one code, name or ISO code."""

import csv
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from assets.reference.groupings import members
from assets.reference.partners import (
    ALIAS_FILE,
    PARTNER_FILE,
    code_for_name,
    codes_named,
    is_aggregate,
    known_codes,
    partners_of_year,
)

REGIONS = {
    "1": "North America",
    "2": "Central America",
    "3": "South America",
    "4": "Europe",
    "5": "Asia",
    "6": "Australia and Oceania",
    "7": "Africa",
}
API_OWN_MEANING = {"-": "0015", "0021": "021A", "0022": "022A"}
"""Codes of the Census API that mean something else in the country workbook, and the code they get here."""
NOT_ISO = {
    ("census_schedule_c_country_27JAN21.txt", "4803", "KV"),
    ("census_schedule_c_country_27JAN21.txt", "5082", "GZ"),
    ("census_schedule_c_country_27JAN21.txt", "5083", "WE"),
    ("census_schedule_c_country_27JAN21.txt", "7660", "rCD"),
    ("census_country_iso_jimdatapro.csv", "4803", "KV"),
    ("census_country_iso_jimdatapro.csv", "5082", "GZ"),
    ("census_country_iso_jimdatapro.csv", "5083", "WE"),
    ("census_country_iso_jimdatapro.csv", "7660", "rCD"),
    ("census_country_to_iso3_FRBAtl.csv", "", "XKX"),
    ("census_country_to_iso3_FRBAtl.csv", "", "PSE"),
}
"""Where a concordance departs from ISO 3166: codes of its own, a cut line, codes without a partner."""
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


PARTNERS = _table(PARTNER_FILE)
BY_CODE = {row["partner_code"]: row for row in PARTNERS}


def _schedule_c(shared_data: Path) -> dict[str, tuple[str, str]]:
    path = shared_data / "concordances" / "census_schedule_c_country_27JAN21.txt"
    found = re.findall(r"^(\d{4}) +\| +(.*?) *\| ?(\S*)", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {code: (name, iso) for code, name, iso in found}


def _country_rows(shared_data: Path) -> Iterator[tuple[str, str, dict[str, float]]]:
    """Year, code and values by heading of every row with a year, from all files in the layout of the workbook."""
    for path in sorted((shared_data / "census_country").iterdir()):
        rows = [[*row] for row in csv.reader(path.open())] if path.suffix == ".csv" else _sheet(path, "country")
        for row in rows[1:]:
            if row[0]:
                values = {heading: float(value) for heading, value in zip(rows[0][3:], row[3:], strict=True)}
                yield row[0], row[1], values


def _sheet(path: Path, sheet: str | int) -> list[list[str]]:
    """The cells of a sheet as text."""
    book = CalamineWorkbook.from_path(path)
    found = book.get_sheet_by_name(sheet) if isinstance(sheet, str) else book.get_sheet_by_index(sheet)
    return [[str(cell) for cell in row] for row in found.to_python()]


def _dataweb_rows(shared_data: Path) -> Iterator[tuple[str, dict[int, float]]]:
    for path in sorted((shared_data / "dataweb").glob("*_annual.xlsx")):
        rows = _sheet(path, 1)
        for row in rows[3:-1]:
            yield row[1], {int(year): float(value) for year, value in zip(rows[2][2:], row[2:], strict=True)}


def test_codes_names_and_iso_codes_belong_to_one_partner_each() -> None:
    for column in ("partner_code", "partner_name", "iso2", "iso3"):
        counted = Counter(row[column].casefold() for row in PARTNERS if row[column])
        assert [value for value, count in counted.items() if count > 1] == [], column


def test_shapes_of_codes_and_dates() -> None:
    for row in PARTNERS:
        assert re.fullmatch(r"\d{4}|\dXXX|02[12]A", row["partner_code"]), row
        assert row["is_aggregate"] in ("true", "false"), row
        assert re.fullmatch(r"([A-Z]{2})?", row["iso2"]) and re.fullmatch(r"([A-Z]{3})?", row["iso3"]), row
        start = date.fromisoformat(row["valid_from"] or "1900-01-01")
        assert start.day == 1 and start < date.fromisoformat(row["valid_to"] or "9999-12-31"), row


def test_aggregates_are_the_codes_below_1000_and_the_groupings_of_the_api() -> None:
    marked = {row["partner_code"] for row in PARTNERS if row["is_aggregate"] == "true"}
    assert marked == {code for code in known_codes() if code < "1000" or code.endswith("XXX")}
    assert is_aggregate("0007") and is_aggregate("0015") and is_aggregate("4XXX") and not is_aggregate("5700")
    with pytest.raises(KeyError):
        is_aggregate("9999")


def test_region_is_the_census_grouping_that_holds_the_code() -> None:
    for row in PARTNERS:
        code = row["partner_code"]
        single = row["is_aggregate"] == "false"
        expected = ("North America" if code == "2010" else REGIONS.get(code[0], "")) if single else ""
        assert row["region"] == expected, row


def test_current_partner_without_iso_code_says_why() -> None:
    current = [row for row in PARTNERS if row["is_aggregate"] == "false" and not row["valid_to"]]
    bare = [row for row in current if not row["iso3"]]
    assert [row for row in current if not row["iso2"]] == bare
    assert {row["partner_code"] for row in bare} == {"4803", "5082", "5083"}
    assert all("No ISO 3166 code" in row["note"] for row in bare)


def test_names_of_dataweb_and_of_the_api() -> None:
    assert code_for_name("usitc_dataweb", " SOUTH KOREA ") == "5800"
    assert code_for_name("usitc_dataweb", "Côte d`Ivoire") == "7480"
    assert code_for_name("usitc_dataweb", "Sudan") == "7321"
    assert code_for_name("usitc_dataweb", "Sudan prior to South Sudan split") == "7320"
    assert code_for_name("census_api", "KOREA, SOUTH") == "5800"  # as Schedule C prints it (raw formats, 4)
    assert code_for_name("census_api", "EUROPE") == "4XXX" and code_for_name("usitc_dataweb", "Europe") == "0012"
    assert code_for_name("usitc_dataweb", "Atlantis") is None


def test_a_name_stands_for_every_code_that_had_it() -> None:
    assert codes_named("census_country", "korea, south") == {"5800"}
    assert codes_named("census_country", "Sudan") == {"7320", "7321"}
    assert codes_named("census_country", "Atlantis") == frozenset()


def test_partners_of_a_year_are_those_with_a_code_then() -> None:
    of_1990, of_2024 = partners_of_year(1990), partners_of_year(2024)
    assert (of_1990["4610"], of_2024["4621"]) == ("Soviet Union", "Russia")
    assert "4610" not in of_2024 and "4621" not in of_1990
    assert not {"0015", "1000", "4XXX"} & of_2024.keys()


def test_members_are_single_partners_and_change_with_the_union() -> None:
    assert members("0010", 2024) == {"1220", "2010"}
    assert members("0003", 2012) == frozenset()
    assert (len(members("0003", 2019)), len(members("0003", 2020))) == (28, 27)
    assert members("0003", 2019) - members("0003", 2020) == {"4120"}
    assert "2010" not in members("0009", 2024) and {"2050", "3510"} <= members("0009", 2024)
    assert members("0014", 2024) == frozenset()
    for grouping in ("0003", "0008", "0009", "0010", "0012", "0013", "0016", "0017", "0018"):
        assert not any(is_aggregate(code) for code in members(grouping, 2024))


def test_aliases_lead_to_known_codes_and_differ_from_the_name() -> None:
    for row in _table(ALIAS_FILE):
        assert row["partner_code"] in known_codes(), row
        assert row["name"].casefold() != BY_CODE[row["partner_code"]]["partner_name"].casefold(), row


def test_every_code_of_the_files_is_known(shared_data: Path) -> None:
    assert {code for _, code, _ in _country_rows(shared_data)} <= known_codes()
    schedule_c = _schedule_c(shared_data)
    assert len(schedule_c) == 240
    assert set(schedule_c) == {
        row["partner_code"] for row in PARTNERS if not row["valid_to"] and row["is_aggregate"] == "false"
    }


def test_every_country_of_dataweb_has_one_code(shared_data: Path) -> None:
    codes: dict[str, set[str]] = {}
    for name, _ in _dataweb_rows(shared_data):
        code = code_for_name("usitc_dataweb", name)
        assert code in known_codes(), name
        codes.setdefault(str(code), set()).add(name.strip())
    assert {code: names for code, names in codes.items() if len(names) > 1} == {
        "8220": {"Transshipment", "Unspecified"}
    }


def test_dataweb_names_stand_for_the_code_with_the_same_figures(shared_data: Path) -> None:
    """From 2010 to 2016 the history of June 2024 of the workbook and DataWeb agree to the dollar for every partner."""
    header, *rows = _sheet(shared_data / "census_country" / "country_vintage_2024-10_data-thru-2024-08.xlsx", "country")
    columns = {"imports": header.index("IYR"), "exports": header.index("EYR")}
    workbook = {(row[1], row[0]): row for row in rows}
    compared = 0
    for flow, measure in (("imports", "general_imports"), ("exports", "total_exports")):
        path = shared_data / "dataweb" / f"DataWeb_{measure}_by_country_1989-2026_annual.xlsx"
        _, _, header, *countries = _sheet(path, 1)
        for country in countries[:-1]:
            code = str(code_for_name("usitc_dataweb", country[1]))
            for year in range(2010, 2017):
                if value := float(country[header.index(str(year))]):
                    published = float(workbook[code, str(year)][columns[flow]])
                    assert round(published * 1e6) == value, (country[1], code, year)
                    compared += 1
    assert compared > 3_000


def test_groupings_of_the_api_have_a_code_of_their_own(shared_data: Path) -> None:
    seen: set[tuple[str, str]] = set()
    for flow in ("imports", "exports"):
        with zipfile.ZipFile(shared_data / "census_api" / f"{flow}_hs_total_by_country_2013-2024_json.zip") as archive:
            for member in archive.namelist():
                header, *rows = json.loads(archive.read(member))
                code, name = header.index("CTY_CODE"), header.index("CTY_NAME")
                seen |= {(row[code], row[name]) for row in rows}
    groupings = {(code, name) for code, name in seen if code < "1000" or code.endswith("XXX")}
    assert len(groupings) == 21
    for code, name in groupings:
        assert code_for_name("census_api", name) == API_OWN_MEANING.get(code, code), (code, name)
    assert {code for code, _ in seen} - {"-"} <= known_codes()


def test_no_figure_lies_outside_the_validity_of_its_code(shared_data: Path) -> None:
    for year, code, values in _country_rows(shared_data):
        for month, heading in enumerate(MONTHS, start=1):
            if values["I" + heading] or values["E" + heading]:
                day = f"{year}-{month:02d}-01"
                row = BY_CODE[code]
                assert (row["valid_from"] or day) <= day <= (row["valid_to"] or day), (code, day)
    for name, by_year in _dataweb_rows(shared_data):
        row = BY_CODE[str(code_for_name("usitc_dataweb", name))]
        for at, value in by_year.items():
            if value:
                assert int((row["valid_from"] or "0000")[:4]) <= at <= int((row["valid_to"] or "9999")[:4]), (name, at)


def test_concordances_agree_on_iso_codes_except_where_listed(shared_data: Path) -> None:
    folder = shared_data / "concordances"
    schedule_c = _schedule_c(shared_data)
    given = [("census_schedule_c_country_27JAN21.txt", code, iso) for code, (_, iso) in schedule_c.items()]
    for file, code, iso in (
        ("census_country_iso_jimdatapro.csv", "Code", "ISO Code"),
        ("census_country_to_iso3_FRBAtl.csv", "CTY_CODE", "ISO3"),
        ("census_country_to_iso3_hardwick.csv", "cty_code", "i_iso3"),
    ):
        given += [(file, row[code], row[iso]) for row in _table(folder / file)]
    assert len(given) > 900
    differ = {
        (file, code, iso)
        for file, code, iso in given
        if iso not in (BY_CODE.get(code, {}).get("iso2"), BY_CODE.get(code, {}).get("iso3"))
    }
    assert differ == NOT_ISO
