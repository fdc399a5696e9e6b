"""The code lists of a bulk archive (CONCORD, COUNTRY, DISTRICT, ENDUSE, HITECH, HSDESC, NAICS, SITC) as one table.

Here belongs their shape in the lake. Their positions are in `bulk_layouts.py`; the archive's own detail is checked
against CONCORD in `census_bulk.py`.
"""

from collections.abc import Mapping

import pyarrow as pa

_NAMES = {"description": "name", "short_description": "short_name"}

SCHEMA = pa.schema(
    [
        (name, pa.string())
        for name in (
            "member",
            "code",
            "name",
            "short_name",
            "unit_1",
            "unit_2",
            "sitc",
            "end_use",
            "naics",
            "agricultural",
            "advanced_technology",
            "years_applicable",
        )
    ]
)
"""One row a code of a list, text as published without blanks around it; null for what the list does not tell.

The columns from `unit_1` to `advanced_technology` are those of CONCORD, `years_applicable` is that of history files.
"""


def code_rows(lists: Mapping[str, pa.Table]) -> pa.Table:
    """The lists by member name, each with its code in the first column, as rows of SCHEMA in the order of the files."""
    tables = []
    for member, codes in lists.items():
        first, *others = codes.column_names
        columns = {"code": codes[first], **{_NAMES.get(name, name): codes[name] for name in others}}
        count = codes.num_rows
        columns["member"] = pa.repeat(member, count)
        missing = pa.nulls(count, pa.string())
        tables.append(pa.table([columns.get(name, missing) for name in SCHEMA.names], schema=SCHEMA))
    return pa.concat_tables([SCHEMA.empty_table(), *tables])
