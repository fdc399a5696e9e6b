"""How the command line writes rows: a table for a person, JSON and CSV for a program.

Only the form belongs here; what is asked and what it means belongs to the commands.
"""

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assets.errors import visible

FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
"""What makes a spreadsheet program take a text for a formula (OWASP, CSV injection), full-width forms included."""

Row = tuple[Any, ...]


def write_json(records: Iterable[dict[str, Any]]) -> None:
    """An array of objects on standard output, written as they come: ISO dates, exact integers."""
    before = "[\n "
    for record in records:
        text = json.dumps(record, default=_plain, ensure_ascii=False, indent=1)
        sys.stdout.write(before + text.replace("\n", "\n "))
        before = ",\n "
    sys.stdout.write("[]\n" if before.startswith("[") else "\n]\n")


def write_csv(names: Sequence[str], rows: Iterable[Row]) -> None:
    """CSV (RFC 4180, UTF-8) on standard output, safe to open in a spreadsheet program; null is an empty field.

    A text that a spreadsheet would take for a formula gets an apostrophe in front, names of columns included; a number
    never does.
    """
    writer = csv.writer(sys.stdout, lineterminator="\r\n")
    writer.writerow([_text_cell(name) for name in names])
    writer.writerows([_csv_cell(cell) for cell in row] for row in rows)


def print_table(out: Console, names: Sequence[str], rows: Sequence[Row]) -> None:
    """Rows for a person; characters that steer a terminal are written out."""
    table = Table(show_edge=False, header_style="bold")
    for index, name in enumerate(names):
        is_number = all(isinstance(row[index], int | float | Decimal) or row[index] is None for row in rows)
        table.add_column(_shown(name), justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else _shown(str(cell)) for cell in row))
    out.print(table)


def _shown(text: str) -> str:
    return escape("\n".join(map(visible, text.split("\n"))))


def _csv_cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, dict | list):
        value = json.dumps(value, default=_plain, ensure_ascii=False)
    return _text_cell(str(_plain(value)))


def _text_cell(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _plain(value: object) -> str | int | float:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)
