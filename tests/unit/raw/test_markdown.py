"""Tables for the browser: whatever a file's name or a cell holds stays text in one cell."""

import pytest

from assets.dagster_kit import markdown_table


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("a|b", "a\\|b"),
        ("a\nb", "a b"),
        ("![x](http://127.0.0.1:9/x.png)", "!\\[x\\](http://127.0.0.1:9/x.png)"),
        ("<img src=x onerror=alert(1)>", "\\<img src=x onerror=alert(1)\\>"),
        ("`code`", "\\`code\\`"),
        ("\x1b]0;owned\x07", "\\\\x1b\\]0;owned\\\\x07"),
        ("abc\u202exslx.exe", "abc\\\\u202exslx.exe"),
        ("country_workbook (2).xlsx", "country_workbook (2).xlsx"),
    ],
)
def test_no_text_is_markup(text: str, cell: str) -> None:
    assert markdown_table(["file"], [[text]]).splitlines()[-1] == f"| {cell} |"
