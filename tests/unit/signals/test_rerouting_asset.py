"""A third country's file that lands reaches the rerouting indicator; without one it is not testable."""

from pathlib import Path

import dagster as dg
import duckdb
import pytest

from assets.contracts.flags import CONSISTENT, NO_SIGN, NOT_TESTABLE
from assets.dagster_kit import table_assets
from assets.home import Home
from assets.methods.asset import rerouting_flags
from assets.raw.comtrade import comtrade
from assets.raw.landing import landing
from tests.files import told
from tests.unit.methods.test_rerouting import REPORTS, US
from tests.unit.parsing.test_comtrade import Row, report_csv, report_row

UN_CODES = {"5700": 156, "1000": 842, "0015": 0}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A data folder with US imports in its warehouse; nothing is bundled."""
    monkeypatch.setattr("assets.raw.landing.BUNDLED", tmp_path / "none")
    home = Home(tmp_path / "data")
    home.landing.mkdir(parents=True)
    home.warehouse.parent.mkdir(parents=True)
    with duckdb.connect(str(home.warehouse)) as con:
        con.execute("create schema marts; create schema flags")
        con.execute(US.replace("table us as", "table marts.commodity_partner_month as"))
    return home


def _verdicts(home: Home) -> dict[str | None, str]:
    result = dg.materialize(
        [landing, comtrade, table_assets(rerouting_flags)],
        resources={"home": home},
        instance=dg.DagsterInstance.ephemeral(),
    )
    assert result.success
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        return dict(con.execute("select commodity_code, verdict from flags.rerouting").fetchall())


def _land(home: Home, *, by_partner: bool) -> None:
    """The reports of `test_rerouting.py` in the publisher's layout, in one file or one for each flow and partner."""
    with duckdb.connect() as con:
        con.execute(REPORTS)
        reports = con.execute(
            "select partner_code, flow, commodity_code, year, month, value_usd, net_weight_kg from reports"
        ).fetchall()
    rows = [
        report_row(
            refPeriodId=year * 10_000 + month * 100 + 1,
            refYear=year,
            refMonth=month,
            period=f"{year}{month:02d}",
            partnerCode=UN_CODES[partner],
            partnerISO="",
            flowCode="M" if flow == "imports" else "X",
            cmdCode=code,
            primaryValue=value,
            netWgt=float(weight),
        )
        for partner, flow, code, year, month, value, weight in reports
    ]
    parts: dict[str, list[Row]] = {}
    for row in rows:
        parts.setdefault(f"{row['flowCode']} {row['partnerCode']}.csv" if by_partner else "vietnam.csv", []).append(row)
    for name, part in parts.items():
        told(report_csv(home.landing / name, part), retrieved_at="2026-07-10")


@pytest.mark.parametrize("by_partner", [False, True])
def test_landed_files_are_judged_by_the_four_criteria(home: Home, by_partner: bool) -> None:
    """The verdicts are those of the same reports in `test_rerouting.py`. Seen: of several files all but one vanished."""
    assert _verdicts(home) == {None: NOT_TESTABLE}
    _land(home, by_partner=by_partner)
    assert _verdicts(home) == {"850440": CONSISTENT, "850450": NO_SIGN, "850460": NO_SIGN}


def test_the_indicator_is_behind_the_files_that_it_reads() -> None:
    assert dg.AssetKey(["raw", "comtrade"]) in table_assets(rerouting_flags).dependency_keys
