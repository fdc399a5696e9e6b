"""The asset `claims/verdict`: every claim judged for every vintage from its first print on."""

from assets.claims.claim import read_claims
from assets.claims.judge import EVIDENCE, verdicts, write_verdicts
from assets.claims.reads import tables_read
from assets.contracts.claims import VERDICT
from assets.contracts.table import Relation
from assets.dagster_kit import Notes, Step, Written
from assets.errors import RefusedFile
from assets.home import Home
from assets.warehouse import connect, open_to_read


def _verdicts(home: Home) -> Notes:
    claims = read_claims()
    # One after the other: DuckDB opens a file once a process, with one configuration.
    with open_to_read(home.warehouse) as con:
        judged = verdicts(con, claims)
    with connect(home.warehouse) as con:
        write_verdicts(con, judged)
    missing = {claim.id for claim in claims} - {row[0] for row in judged}
    if missing:
        raise RuntimeError(f"claims without a verdict: {', '.join(sorted(missing))}")
    return (f"{len(claims)} claims",)


def _reads() -> set[Relation]:
    """What the claims read. A claim that cannot be read is told when the claims are judged, not when the code is loaded."""
    try:
        return set().union(*map(tables_read, read_claims()))
    except RefusedFile:
        return set()


verdict = Step(
    [
        Written(
            VERDICT,
            holds="Every claim has a verdict at every vintage, and every verdict its sentence.",
            wrong="verdict is null or sentence is null",
            preview=f"select claim_id, vintage, verdict, sentence from {VERDICT} order by proposition, claim_id, vintage",
        )
    ],
    _verdicts,
    reads={*_reads(), *EVIDENCE},
)
