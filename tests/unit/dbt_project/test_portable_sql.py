"""The models as another engine would get them: rendered with the common macros and transpiled to Spark SQL."""

from pathlib import Path
from types import SimpleNamespace

import jinja2
import pytest
import sqlglot
from sqlglot import ErrorLevel, exp
from sqlglot.errors import UnsupportedError

from assets.home import PROJECT_ROOT

DBT = PROJECT_ROOT / "dbt_project"
MODELS = sorted((DBT / "models").rglob("*.sql"))
MACROS = "\n".join(
    path.read_text() for folder in ("dialect", "trade") for path in (DBT / "macros" / folder).glob("*.sql")
)


def render(sql: str) -> str:
    """SQL of a model as an engine without macros of its own gets it: each dispatch is answered by `default__`."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701 - SQL, no page
    environment.globals |= {
        "return": lambda value: value,
        "config": lambda **_: "",
        "ref": lambda name: f"layer.{name}",
        "source": lambda schema, name: f"{schema}.{name}",
    }
    environment.globals["adapter"] = SimpleNamespace(
        dispatch=lambda name: getattr(environment.from_string(MACROS).module, f"default__{name}")
    )
    return environment.from_string(MACROS + sql).render()


def to_spark(sql: str) -> str:
    """The statement in Spark's dialect; raises for what Spark has no word for."""
    statement = sqlglot.parse_one(sql, read="duckdb")
    unknown = sorted({call.name for call in statement.find_all(exp.Anonymous)})
    if unknown:
        raise UnsupportedError(f"functions that only DuckDB may know: {', '.join(unknown)}")
    if any(any(star.args.values()) for star in statement.find_all(exp.Star)):
        raise UnsupportedError("a star with exceptions or replacements")
    return statement.sql("spark", unsupported_level=ErrorLevel.RAISE)


@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
def test_model_has_a_spark_form(model: Path) -> None:
    spark = to_spark(render(model.read_text()))
    assert sqlglot.parse_one(spark, read="spark").find(exp.Select)


@pytest.mark.parametrize(
    "sql",
    [
        "select list_aggregate(list(v), 'sum') from t",
        "select * replace (v + 1 as v) from t",
        "select try_strptime(d, '%Y') from t",
    ],
)
def test_what_only_duckdb_knows_is_found(sql: str) -> None:
    with pytest.raises(UnsupportedError):
        to_spark(sql)
