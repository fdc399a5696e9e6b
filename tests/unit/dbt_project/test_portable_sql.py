"""The models as another engine would get them: rendered with the common macros and transpiled to Spark SQL."""

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import jinja2
import pytest
import sqlglot
from sqlglot import ErrorLevel, exp
from sqlglot.errors import UnsupportedError

from assets.home import PROJECT_ROOT

DBT = PROJECT_ROOT / "dbt_project"
MODELS = sorted((DBT / "models").rglob("*.sql"))
MACRO = re.compile(r"{%-? macro (\w+)\(.*?endmacro -?%}", re.DOTALL)
MACROS = {found[1]: found[0] for path in (DBT / "macros").rglob("*.sql") for found in MACRO.finditer(path.read_text())}


class _Returned(Exception):
    """How a macro hands back a value that is no text."""


def _leave(value: object) -> NoReturn:
    raise _Returned(value)


def _macro(environment: jinja2.Environment, name: str) -> Callable[..., object]:
    """A macro as dbt calls it; compiled when called, because a module sees only the globals of that moment."""

    def call(*arguments: object, **named: object) -> object:
        try:
            return getattr(environment.from_string(MACROS[name]).module, name)(*arguments, **named)
        except _Returned as returned:
            return returned.args[0]

    return call


def render(sql: str) -> str:
    """SQL of a model as an engine without macros of its own gets it: each dispatch is answered by `default__`."""
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701 - SQL, no page
    environment.globals |= {
        "return": _leave,
        "config": lambda **_: "",
        "ref": lambda name: f"layer.{name}",
        "source": lambda schema, name: f"{schema}.{name}",
        "adapter": SimpleNamespace(dispatch=lambda name: environment.globals[f"default__{name}"]),
    }
    environment.globals |= {name: _macro(environment, name) for name in MACROS}
    return environment.from_string(sql).render()


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
