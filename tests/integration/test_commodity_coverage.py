"""A file with some measures, partners or codes beside complete figures: it speaks for what it has, and for nothing else.

The lake is invented: 160 partners and World by all chapters of the HS, December and year of 2024 with four measures, and
every industry of World. The three files that land beside it are of kinds that users have: six digits of ten partners with
consumption value and duty alone, chapters of China in one month with general imports alone, and two industries with
general imports alone.
"""

from collections.abc import Sequence
from datetime import date
from itertools import product

import duckdb
import pyarrow.csv
import pytest

from assets.home import PROJECT_ROOT, Home
from assets.parsing.recognise import SOURCES, datasets
from assets.store.lake import ensure_dataset, lake_schema
from assets.store.ledger import ensure_ledger
from tests.integration.test_commodity_batches import API, CHINA, HS, PARTNERS, Row, build, land

CODES = PROJECT_ROOT / "assets" / "reference" / "commodity"
NAICS = pyarrow.csv.read_csv(
    CODES / "naics.csv", convert_options=pyarrow.csv.ConvertOptions(column_types={"naics": "string"})
)["naics"].to_pylist()
CHAPTERS = [row["code"] for row in HS if row["level"] == "HS2"]
SUBHEADINGS = [row["code"] for row in HS if row["level"] == "HS6"]
WORLD, DECEMBER = "0015", date(2024, 12, 1)
FIRST, LATER, LAST, NEWEST = date(2025, 6, 5), date(2026, 6, 9), date(2026, 9, 3), date(2026, 10, 6)
EVERY = ("general_value_usd", "consumption_value_usd", "dutiable_value_usd", "calculated_duty_usd")
TEN = PARTNERS[:10]

State = dict[tuple[object, ...], tuple[object, ...]]


def rows(level: str, codes: Sequence[str], partners: Sequence[str], period: str, measures: dict[str, int]) -> list[Row]:
    """The same figures for each code and partner; World's are as many times larger as there are other partners."""
    others = max(len(partners) - (WORLD in partners), 1)
    return [
        {
            "flow": "imports",
            "classification": "NAICS" if level == "NAICS3" else "HS",
            "level": level,
            "row_kind": "world_commodity" if partner == WORLD else "detail",
            "commodity_code": code,
            "partner_code": partner,
            "reference_month": DECEMBER,
            "period": period,
            **{name: value * (others if partner == WORLD else 1) for name, value in measures.items()},
        }
        for code, partner in product(codes, partners)
    ]


def figures(home: Home) -> State:
    """Every figure of the marts with its vintage: by mart, level, code, partner and measure."""
    columns = ", ".join(f"{name}, {name.removesuffix('_usd')}_vintage" for name in EVERY)
    query = f"select level, commodity_code, partner_code, {columns} from marts.commodity_partner_{{}}"
    found: State = {}
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        for mart in ("month", "year"):
            for level, code, partner, *told in con.execute(query.format(mart)).fetchall():
                for name, at in zip(EVERY, range(0, len(told), 2), strict=True):
                    if told[at] is not None:
                        found[mart, level, code, partner, name] = (told[at], told[at + 1])
    return found


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> tuple[State, State, Home]:
    """The figures before the three files land and after, and the data folder."""
    home = Home(tmp_path_factory.mktemp("coverage") / "data")
    ensure_ledger(home.lake)
    for source in SOURCES:
        for dataset, schema in datasets(source).items():
            ensure_dataset(home.lake, dataset, lake_schema(schema))
    values = dict(zip(EVERY, (10, 9, 5, 1), strict=True))
    complete = [*PARTNERS, WORLD]
    land(home, API, FIRST, DECEMBER, rows("HS2", CHAPTERS, complete, "month", values))
    land(home, API, LATER, DECEMBER, rows("HS2", CHAPTERS, complete, "year_to_date", values))
    industries = rows("NAICS3", NAICS, [WORLD], "month", {"consumption_value_usd": 9, "calculated_duty_usd": 1})
    land(home, API, date(2026, 1, 29), DECEMBER, industries)
    build(home)
    before = figures(home)
    six_digits = {"consumption_value_usd": 2, "calculated_duty_usd": 1}
    land(home, API, LAST, DECEMBER, rows("HS6", SUBHEADINGS, TEN, "year_to_date", six_digits))
    china = rows("HS2", CHAPTERS[16:20], [CHINA], "month", {"general_value_usd": 12})
    two = rows("NAICS3", ["334", "336"], [WORLD], "month", {"general_value_usd": 5000})
    land(home, API, NEWEST, DECEMBER, china + two)
    build(home)
    return before, figures(home), home


def changed(states: tuple[State, State, Home], mart: str, *levels: str) -> State:
    """What is otherwise afterwards; a figure that is gone is None."""
    before, after, _ = states
    keys = [key for key in {**before, **after} if key[0] == mart and key[1] in levels]
    return {key: after.get(key, (None,)) for key in keys if before.get(key) != after.get(key)}


def test_chapters_of_one_partner_change_their_cells_alone(states: tuple[State, State, Home]) -> None:
    assert changed(states, "month", "HS2") == {
        ("month", "HS2", chapter, CHINA, "general_value_usd"): (12, NEWEST) for chapter in CHAPTERS[16:20]
    }


def test_two_industries_keep_their_duties(states: tuple[State, State, Home]) -> None:
    assert changed(states, "month", "NAICS3") == {
        ("month", "NAICS3", industry, WORLD, "general_value_usd"): (5000, NEWEST) for industry in ("334", "336")
    }


def test_six_digits_of_some_partners_speak_for_their_consumption_and_duty(states: tuple[State, State, Home]) -> None:
    """World and the other partners stay as they were; so do general imports and dutiable value of the ten."""
    found = changed(states, "year", "HS2")
    assert {key[3] for key in found} == set(TEN)
    assert {key[4] for key in found} == {"consumption_value_usd", "calculated_duty_usd"}
    assert {vintage for _, vintage in found.values()} == {LAST}
    machines = sum(code.startswith("84") for code in SUBHEADINGS)
    assert found["year", "HS2", "84", TEN[0], "consumption_value_usd"] == (2 * machines, LAST)


def test_coverage_says_what_is_complete(states: tuple[State, State, Home]) -> None:
    """Five levels come from the six digits; only chapters have all partners, and industries have no general imports."""
    with duckdb.connect(str(states[2].warehouse), read_only=True) as con:
        told = con.execute(
            "select frequency, level, measure, has_all_partners, count(distinct partner_code), min(has_all_commodities) "
            "from marts.commodity_coverage where measure in ('general_value_usd', 'consumption_value_usd') "
            "group by all order by all"
        ).fetchall()
    partners = len(PARTNERS) + 1
    assert told == [
        ("month", "HS2", "consumption_value_usd", True, partners, True),
        ("month", "HS2", "general_value_usd", True, partners, True),
        ("month", "NAICS3", "consumption_value_usd", False, 1, True),
        ("month", "NAICS3", "general_value_usd", False, 1, False),
        *(("year", level, "consumption_value_usd", False, 10, True) for level in ("ENDUSE1", "ENDUSE5")),
        ("year", "HS2", "consumption_value_usd", True, partners, True),
        ("year", "HS2", "general_value_usd", True, partners, True),
        *(("year", level, "consumption_value_usd", False, 10, True) for level in ("HS4", "HS6")),
    ]
