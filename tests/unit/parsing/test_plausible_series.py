"""Evidence against series and answers of the right layout; none against sound ones.

Figures are invented: smooth, with a season, of the size that the real ones have. Corruptions keep the sums that the parsers
demand, so that the files are taken.
"""

import json
from collections.abc import Callable, Sequence
from math import sin
from pathlib import Path

import pytest

from assets.parsing import bea, census_api, fred, ft900, usitc_dataweb
from assets.parsing.common import Evidence
from assets.parsing.plausible_series import LARGE_PARTNERS, evidence_against
from assets.reference.partners import is_aggregate, known_codes, name_of
from tests import files
from tests.files import Grid

FIRST_1992 = (-2026, -831, -2641, -3109, -3919, -2824, -2781, -4455, -3530, -3520, -3968, -5603)
"""Balance of goods and services, 1992, $ million (FRED)."""

APRIL_2025 = [
    -67077, -66431, -66266, -73110, -74456, -73892, -78639, -71214, -81498, -74250, -79752, -96948,
    -130273, -122011, -138316, -60257, -71664, -60177,
]  # fmt: skip


def balances() -> list[float]:
    """1992 as published, then invented months to the end of 2025: a deficit that grows and has a season."""
    return [*FIRST_1992, *(-5_000 - 150 * month + 900 * sin(month) for month in range(12 * 33))]


def series(path: Path, values: Sequence[float], first_year: int = 1992) -> list[Evidence]:
    rows: Grid = [["observation_date", "BOPGSTB"]]
    rows.extend([f"{first_year + at // 12}-{at % 12 + 1:02d}-01", round(value)] for at, value in enumerate(values))
    return evidence_against(fred.parse(files.write_csv(path / "BOPGSTB.csv", rows), "BOPGSTB.csv"))


def test_nothing_speaks_against_a_sound_series(tmp_path: Path) -> None:
    assert series(tmp_path, balances()) == []
    assert series(tmp_path, balances()[-24:], first_year=2024) == []


def test_months_of_the_other_sign(tmp_path: Path) -> None:
    values = balances()
    values[-6:] = [-value for value in values[-6:]]
    found, leap = series(tmp_path, values)
    assert found.where == leap.where == "row 404"
    assert found.expected == "a deficit of goods_services, as in every period since 1976"
    assert found.seen == f"{round(values[-6]):,} $ million in 2025-07 and 5 more"


@pytest.mark.parametrize("factor", [0.1, 10])
def test_a_month_in_another_unit(tmp_path: Path, factor: float) -> None:
    values = balances()
    values[-3] *= factor
    (found,) = series(tmp_path, values)
    assert found.where in ("row 407", "row 408")
    assert found.expected.startswith("a change of at most 3 times the next")


@pytest.mark.parametrize("factor", [4, 10])
def test_the_newest_month_of_a_short_series_far_from_those_before_it(tmp_path: Path, factor: int) -> None:
    """Seen: of less than five years of months nothing but the sign was judged."""
    values = [*APRIL_2025[:-1], APRIL_2025[-1] * factor]
    (found,) = series(tmp_path, values, first_year=2024)
    assert found.where == "row 19"
    # June 2024 to May 2025: -78,639 and -79,752 are in the middle
    assert found.expected == "a change of at most 1.5 times an ordinary month, 118,793 $ million"
    assert found.seen == f"{values[-1]:,} $ million in 2025-06"


def test_the_step_of_april_2025_is_no_evidence(tmp_path: Path) -> None:
    """FRED BOPGSTB, print of August 2025: from January 2024 on. The deficit fell by more than half in a month."""
    assert series(tmp_path, APRIL_2025, first_year=2024) == []


def test_another_series_under_the_name(tmp_path: Path) -> None:
    """The balance of goods in 1992 was about $3 billion a month lower."""
    (found,) = series(tmp_path, [value - 3_000 for value in balances()])
    assert (found.where, found.expected) == ("row 2", "-2,026, as in every vintage of BOPGSTB")
    assert found.seen == "-5,026 $ million in 1992-01 and 11 more"


def swapped(rows: Grid) -> None:
    """Exports for imports, and balances that fit."""
    for row in rows[8:]:
        if len(row) == 10 and isinstance(row[1], int):
            row[1:] = [*(-int(str(value)) for value in row[1:4]), *row[7:10], *row[4:7]]


def test_exports_and_imports_that_changed_places(tmp_path: Path) -> None:
    sound = bea.parse(files.bea(tmp_path / "sound.xlsx"), "sound.xlsx")
    assert evidence_against(sound) == []
    found = evidence_against(bea.parse(files.bea(tmp_path / "swapped.xlsx", swapped), "swapped.xlsx"))
    assert [one.expected.split(",")[0] for one in found] == [
        "a deficit of goods",
        "a deficit of goods_services",
        "a surplus of services",
    ]
    assert {one.where for one in found} == {"sheet 'Table 1', row 9"}
    assert found[0].seen.endswith(" $ million in 2023 and 15 more")


def test_a_month_twice_as_large_in_a_table_of_totals(tmp_path: Path) -> None:
    """Balances, totals and the year are adjusted; five years of months are enough history."""
    months = {
        (year, month): (150_000 + 500 * month + 100 * year % 700, 240_000 + 300 * month)
        for year in range(2020, 2025)
        for month in range(1, 13)
    }
    assert totals(tmp_path, months) == []
    months[2023, 5] = (2 * months[2023, 5][0], months[2023, 5][1] * 2)
    found = totals(tmp_path, months)
    assert {one.seen[:30].split(" in ")[1][:7] for one in found} == {"2023-05"}
    assert any(one.expected.startswith("goods exports near the month before") for one in found)


def totals(path: Path, months: dict[tuple[int, int], tuple[int, int]]) -> list[Evidence]:
    """Evidence against BEA's table of these exports and imports of goods; services are flat."""
    names = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

    def row(exports: int, imports: int, services: tuple[int, int]) -> list[files.Value]:
        sold, bought = services
        balance = [exports - imports + sold - bought, exports - imports, sold - bought]
        return [*balance, exports + sold, exports, sold, imports + bought, imports, bought]

    def edit(rows: Grid) -> None:
        annual: Grid = []
        for year in sorted({year for year, _ in months}):
            exports, imports = (sum(months[year, month][flow] for month in range(1, 13)) for flow in (0, 1))
            annual.append([year, *row(exports, imports, (960_000, 600_000))])
        monthly: Grid = [
            [f"{year} {names[month - 1]}", *row(exports, imports, (80_000, 50_000))]
            for (year, month), (exports, imports) in months.items()
        ]
        rows[7:] = [["Annual"], *annual, ["Monthly"], *monthly]

    return evidence_against(bea.parse(files.bea(path / "trad.xlsx", edit), "trad.xlsx"))


def _times(flow: int, factor: float) -> files.Edit:
    """Goods of one flow in the newest month of exhibit 1, January and February made to fit."""

    def edit(rows: Grid) -> None:
        place = next(at for at, row in enumerate(rows) if row[0] == "February" and row[1] != "" and at > 20)
        gain = int(str(rows[place][5 + 3 * flow])) * (factor - 1)
        sign = -1 if flow else 1
        for row in (rows[place], rows[place - 2]):
            for column, weight in ((1, sign), (2, sign), (4 + 3 * flow, 1), (5 + 3 * flow, 1)):
                row[column] = round(int(str(row[column])) + weight * gain)

    return edit


@pytest.mark.parametrize(("flow", "factor"), [(0, 0.5), (1, 1.5), (1, 2), (1, 3)])
def test_the_newest_month_of_a_short_table_of_totals(tmp_path: Path, flow: int, factor: float) -> None:
    """Seen: an exhibit of two or three years was too short to be judged by its own largest change."""
    sound = ft900.parse(files.exhibit_1(tmp_path / "sound.xlsx"), "sound.xlsx")
    assert evidence_against(sound) == []
    found = evidence_against(ft900.parse(files.exhibit_1(tmp_path / "x.xlsx", _times(flow, factor)), "x.xlsx"))
    flows = ("exports", "imports")
    assert f"goods {flows[flow]}" in {one.expected.split(" near ")[0] for one in found}
    assert all(" $ million in 2025-02" in one.seen for one in found)


Figures = dict[tuple[str, int], int]
"""Whole dollars by partner and month or year."""
PARTNERS = [
    *LARGE_PARTNERS,
    *[code for code in sorted(known_codes()) if not is_aggregate(code) and code not in LARGE_PARTNERS][:100],
]


def figures(periods: range, size: int) -> Figures:
    """Large partners have trade of about `size`, the others a thousandth, each with its season."""
    return {
        (code, period): round(size * (1 if rank < len(LARGE_PARTNERS) else 0.001) * (1 + 0.05 * sin(period + rank)))
        for rank, code in enumerate(PARTNERS)
        for period in periods
    }


MONTHS = range(12 * 2018, 12 * 2024)


def answer(path: Path, months: Figures) -> list[Evidence]:
    """Evidence against an answer of totals by partner, with World as their sum."""
    world: Figures = {}
    for (_, month), usd in months.items():
        world["-", month] = world.get(("-", month), 0) + usd
    rows = [["CTY_CODE", "GEN_VAL_MO", "time"]]
    rows.extend(
        [code, f"{usd}", f"{month // 12}-{month % 12 + 1:02d}"]
        for (code, month), usd in (months | world).items()
        if usd
    )
    (path / "answer.json").write_text(json.dumps(rows))
    return evidence_against(census_api.parse(path / "answer.json", "answer.json"))


def set_to(code: str, month: int, factor: float) -> Callable[[Figures], None]:
    def change(months: Figures) -> None:
        months[code, month] = round(months[code, month] * factor)

    return change


def without(code: str) -> Callable[[Figures], None]:
    def change(months: Figures) -> None:
        for month in MONTHS:
            del months[code, month]

    return change


JUNE = 12 * 2023 + 5
WRONG: dict[str, tuple[Callable[[Figures], None], str, str, str]] = {
    "Germany's June is 0": (
        set_to("4280", JUNE, 0), "2023-06", "about $14,9", "Germany imports of $0.0 million in 2023-06",
    ),
    "Germany's June is a hundredth": (
        set_to("4280", JUNE, 0.01), ", 2023-06", "about $14,9", "Germany imports of $",
    ),
    "the first month of Mexico is 0": (
        set_to("2010", MONTHS[0], 0), "2018-01", "about $1", "Mexico imports of $0.0 million in 2018-01",
    ),
    "China is missing": (without("5700"), "2018-01", "China (5700) among 113 partners", "no imports and 71 more"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "where", "expected", "seen"), WRONG.values(), ids=WRONG.keys())
def test_large_partners_that_cannot_be_so(
    change: Callable[[Figures], None], where: str, expected: str, seen: str, tmp_path: Path
) -> None:
    months = figures(MONTHS, size=15_000_000_000)
    assert answer(tmp_path, months) == []
    change(months)
    (found,) = answer(tmp_path, months)
    assert found.where.endswith(where)
    assert found.expected.startswith(expected)
    assert found.seen.startswith(seen)


def test_a_large_partner_that_leaps(tmp_path: Path) -> None:
    """The way there or back is named, whichever is larger."""
    months = figures(MONTHS, size=15_000_000_000)
    set_to("5880", JUNE, 2)(months)
    (found,) = answer(tmp_path, months)
    assert found.where[-7:] in ("2023-06", "2023-07")
    assert found.expected == "a share of World near that of the month before: the largest other change is 4%"
    assert found.seen.startswith("Japan imports of $")


def test_one_month_is_enough_to_miss_a_large_partner(tmp_path: Path) -> None:
    months = {key: usd for key, usd in figures(range(JUNE, JUNE + 1), size=15_000_000_000).items() if key[0] != "4280"}
    (found,) = answer(tmp_path, months)
    assert (found.where, found.expected) == ("2023-06", "Germany (4280) among 113 partners")


def test_an_answer_about_few_partners_misses_none(tmp_path: Path) -> None:
    months = figures(MONTHS, size=15_000_000_000)
    few = {key: usd for key, usd in months.items() if key[0] in ("4280", "5700") and key[1] != JUNE}
    assert answer(tmp_path, few) == []


def test_the_closures_of_2020_are_no_evidence(tmp_path: Path) -> None:
    """China's share of imports rose by 84 % from March to April 2020 (Census)."""
    months = figures(MONTHS, size=15_000_000_000)
    set_to("5700", 12 * 2020 + 2, 0.5)(months)
    set_to("2010", 12 * 2020 + 3, 0.5)(months)
    assert answer(tmp_path, months) == []


def test_small_partners_may_stop_and_leap(tmp_path: Path) -> None:
    months = figures(MONTHS, size=15_000_000_000)
    set_to(PARTNERS[-1], JUNE, 0)(months)
    set_to(PARTNERS[-2], JUNE, 40)(months)
    assert answer(tmp_path, months) == []


def test_world_in_thousands(tmp_path: Path) -> None:
    (found,) = answer(tmp_path, figures(range(JUNE, JUNE + 1), size=15_000_000))
    assert found.expected == "World between $ 10,000 and 1,000,000 million in a month"
    assert found.where == "row 115"


DUTIES: dict[str, tuple[list[str], bool]] = {
    "tobacco": (["2401208790", "5380", "63606", "63606", "222623"], False),
    "rounded": (["2401208790", "5380", "2", "2", "11"], False),
    "beyond any rate": (["8703800060", "5700", "1000", "1000", "5002"], True),
    "a partner's whole trade": (["-", "5700", "200000000", "200000000", "200000002"], True),
    "a small partner's whole trade": (["-", "5380", "2000", "2000", "7000"], False),
}


@pytest.mark.parametrize(("cells", "is_wrong"), DUTIES.values(), ids=DUTIES.keys())
def test_duty_beyond_any_rate(cells: list[str], is_wrong: bool, tmp_path: Path) -> None:
    """350 % on tobacco of 2024 is real: HTS 2401.20.87, partner 5380 (Census)."""
    path = tmp_path / "answer.json"
    heading = ["I_COMMODITY", "CTY_CODE", "CON_VAL_MO", "DUT_VAL_MO", "CAL_DUT_MO", "time"]
    path.write_text(json.dumps([heading, [*cells, "2024-12"]]))
    found = evidence_against(census_api.parse(path, path.name))
    assert [one.where for one in found] == (["row 1"] if is_wrong else [])
    assert all(one.expected == "duty of at most 500% on a commodity, 100% on all goods" for one in found)


YEARS = range(2005, 2026)


def export(path: Path, years: Figures) -> list[Evidence]:
    """Evidence against a DataWeb export of general imports by partner and year."""
    named: Grid = [[name_of(code), *(years[code, year] for year in YEARS)] for code in PARTNERS]

    def edit(rows: Grid) -> None:
        total = [sum(int(str(row[at])) for row in named) for at in range(1, len(YEARS) + 1)]
        rows[1][1] = len(named)
        rows[2][2:] = [str(year) for year in YEARS]
        rows[3:] = [["General Customs Value", *row] for row in named]
        rows.append(["Total:", "", *total])

    def edit_query(rows: Grid) -> None:
        next(row for row in rows if row[0] == "Years")[1] = ", ".join(map(str, YEARS))

    return evidence_against(usitc_dataweb.parse(files.dataweb(path / "dataweb.xlsx", edit, edit_query), "dataweb.xlsx"))


def test_a_large_partner_without_a_year_in_dataweb(tmp_path: Path) -> None:
    years = figures(YEARS, size=150_000_000_000)
    years[PARTNERS[-1], 2020] = 0
    years["4419", 2020] *= 3  # gold: a year may leap
    assert export(tmp_path, years) == []
    years["4280", 2019] = 0
    (found,) = export(tmp_path, years)
    row = 4 + PARTNERS.index("4280")
    assert found.where == f"row {row}, 2019"
    assert found.seen == "Germany imports of $0.0 million in 2019"


def named(path: Path, codes: dict[str, str]) -> list[Evidence]:
    """Evidence against an answer about one chapter of partners by code and name."""
    heading = ["I_COMMODITY", "CTY_CODE", "CTY_NAME", "GEN_VAL_MO", "time", "COMM_LVL"]
    rows = [["85", code, name, "5", "2024-12", "HS2"] for code, name in codes.items()]
    path.write_text(json.dumps([heading, *rows]), encoding="utf-8")
    return evidence_against(census_api.parse(path, path.name))


def test_the_name_of_another_partner_in_an_answer(tmp_path: Path) -> None:
    assert named(tmp_path / "a.json", {"5700": "CHINA", "2010": "MEXICO", "0022": "OECD", "1220": "CANADA"}) == []
    (found,) = named(tmp_path / "a.json", {"1220": "CANADA", "2010": "CHINA"})
    assert found.where == "row 2, column CTY_NAME"
    assert found.expected == "the name of 2010, Mexico" and found.seen == "'CHINA', the name of 5700"
