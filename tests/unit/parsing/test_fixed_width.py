"""The fixed-width reader against plain slicing and int(), line by line."""

import io
import tracemalloc
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.parsing import fixed_width
from assets.parsing.fixed_record import LISTED_LINES, BadLine, BadLines, Field, Record
from assets.parsing.fixed_width import RecordReader

RECORD = Record(
    45,
    (
        Field("flag", 1, 1, "code"),
        Field("number", 2, 11, "code"),
        Field("name", 12, 14, "text"),
        Field("first", 15, 29, "int"),
        Field("second", 30, 44, "int"),
        Field("last", 45, 45, "int"),
    ),
)
NUMBERS = [field.name for field in RECORD.fields if field.kind != "text"]
GOOD = b"18471300100A* 000000000012345000123456789012" + b"7"

Row = tuple[int, tuple[int, ...], bytes]


def read(data: bytes, record: Record = RECORD) -> tuple[list[Row], BadLines, int]:
    """Every good record as (line, numbers, text), the bad lines, and the number of lines."""
    numbers = [field.name for field in record.fields if field.kind != "text"]
    texts = [field.name for field in record.fields if field.kind == "text"]
    reader = RecordReader("FILE", record, numbers, texts)
    bad = BadLines()
    rows: list[Row] = []
    for batch in reader.batches(io.BytesIO(data), bad):
        for place in range(len(batch)):
            text = b"".join(batch.texts[name][place].tobytes() for name in texts)
            rows.append((int(batch.line_numbers[place]), tuple(batch.numbers[:, place].tolist()), text))
    return rows, bad, reader.lines


def slice_by_slice(data: bytes, record: Record = RECORD) -> tuple[list[Row], list[int]]:
    """The same with nothing but split, slices and int()."""
    *lines, tail = data.split(b"\n")
    tail = tail.rstrip(b"\x1a")
    rows: list[Row] = []
    wrong: list[int] = []
    for number, line in enumerate([*lines, tail] if tail else lines, 1):
        body = line.removesuffix(b"\r")
        cells = [(field.kind, body[field.start - 1 : field.end]) for field in record.fields]
        sound = len(body) == record.length and all(
            kind == "text" or (cell.lstrip(b" ") if kind == "int" else cell).isdigit() for kind, cell in cells
        )
        if sound:
            values = tuple(int(cell) for kind, cell in cells if kind != "text")
            rows.append((number, values, b"".join(cell for kind, cell in cells if kind == "text")))
        else:
            wrong.append(number)
    return rows, wrong


def assert_exact(data: bytes) -> None:
    rows, bad, lines = read(data)
    expected, wrong = slice_by_slice(data)
    assert rows == expected
    assert bad.count == len(wrong)
    assert [line.line_number for line in bad.listed] == wrong[:LISTED_LINES]
    assert lines == len(rows) + bad.count


@pytest.mark.parametrize("width", range(1, 19))
@pytest.mark.parametrize("before", [0, 1, 9])
def test_every_width_at_any_place_is_exact(width: int, before: int) -> None:
    fields = [Field("before", 1, before, "text")] if before else []
    fields += [
        Field("number", before + 1, before + width, "int"),
        Field("after", before + width + 1, 20 + width, "text"),
    ]
    values = sorted({0, 1, 9, 10 ** (width - 1), 10**width - 1, int("123456789012345678"[:width])})
    lines = [f"{'9' * before}{value:0{width}d}{'9' * (20 - before)}\n".encode() for value in values]
    rows, bad, _ = read(b"".join(lines), Record(20 + width, tuple(fields)))
    assert [numbers[0] for _, numbers, _ in rows] == values
    assert not bad.count


@pytest.mark.parametrize("busy", [(), (0,), (9,), (2, 5), range(7), range(10)])
def test_runs_of_many_fields_with_records_of_zeros_among_them(busy: Iterable[int]) -> None:
    fields = (Field("key", 1, 2, "code"), *(Field(f"n{one}", 3 + 15 * one, 17 + 15 * one, "int") for one in range(12)))
    values = [[(7 + row) * 10**one * (row in busy) for one in range(12)] for row in range(10)]
    lines = [f"{row:02d}" + "".join(f"{value:015d}" for value in cells) for row, cells in enumerate(values)]
    rows, bad, _ = read("\n".join(lines).encode(), Record(182, fields))
    assert [numbers for _, numbers, _ in rows] == [(row, *cells) for row, cells in enumerate(values)]
    assert not bad.count


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
@pytest.mark.parametrize("tail", [b"", b"\x1a", b"\x1a\x1a"])
@pytest.mark.parametrize("closed", [True, False])
def test_line_ends_and_the_old_end_of_file_mark(end: bytes, tail: bytes, closed: bool) -> None:
    data = end.join([GOOD] * 3) + (end if closed else b"") + tail
    rows, bad, lines = read(data)
    assert [row[0] for row in rows] == [1, 2, 3]
    assert rows[0][1:] == ((1, 8471300100, 12345, 123456789012, 7), b"A* ")
    assert (bad.count, lines) == (0, 3)


def test_both_line_ends_in_one_file() -> None:
    assert_exact(GOOD + b"\r\n" + GOOD + b"\n" + GOOD + b"\r\n")


def test_blanks_before_a_number_are_padding() -> None:
    line = b"18471300100A* " + b"12345".rjust(15) + b"0".rjust(15) + b"7\r\n"
    rows, bad, _ = read(line * 5)
    assert [row[1] for row in rows] == [(1, 8471300100, 12345, 0, 7)] * 5
    assert not bad.count


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (GOOD[:-1], "44 characters, expected 45"),
        (GOOD + b"0", "46 characters, expected 45"),
        (b"", "0 characters, expected 45"),
        (b"x" + GOOD[1:], "flag: not digits: 'x'"),
        (b" " + GOOD[1:], "flag: blank ' '"),
        (GOOD[:14] + b"-00000000012345" + GOOD[29:], "first: a sign in '-00000000012345'"),
        (GOOD[:14] + b"         +12345" + GOOD[29:], "first: a sign in '         +12345'"),
        (GOOD[:14] + b"0000000000123.5" + GOOD[29:], "first: not digits: '0000000000123.5'"),
        (GOOD[:14] + b"00000 000012345" + GOOD[29:], "first: not digits: '00000 000012345'"),
        (GOOD[:14] + b"12345          " + GOOD[29:], "first: not digits: '12345          '"),
        (GOOD[:14] + b" " * 15 + GOOD[29:], "first: blank '               '"),
        (GOOD[:14] + b"\xb2" * 15 + GOOD[29:], f"first: not digits: {'²' * 15!r}"),
        (GOOD[:14] + b"\x00" * 15 + GOOD[29:], f"first: not digits: {chr(0) * 15!r}"),
    ],
)
@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_a_bad_line_costs_only_itself(line: bytes, reason: str, end: bytes) -> None:
    data = end.join([GOOD, line, GOOD, GOOD, line, GOOD]) + end
    rows, bad, lines = read(data)
    assert [row[0] for row in rows] == [1, 3, 4, 6]
    head = line.decode("latin-1")
    assert bad.listed == (BadLine("FILE", 2, reason, head), BadLine("FILE", 5, reason, head))
    assert lines == 6


def test_lines_that_make_up_for_each_other_are_not_taken_for_records() -> None:
    assert_exact(GOOD + b"\n" + GOOD[:40] + b"\n" + GOOD + b"00000\n" + GOOD + b"\n")
    assert_exact(GOOD[:11] + b"\r\n " + GOOD[14:] + b"\r\n")


def test_records_that_end_in_text_and_are_one_character_short() -> None:
    record = Record(10, (Field("code", 1, 4, "code"), Field("name", 5, 10, "text")))
    rows, bad, lines = read(b"1220CANAD\r\n" * 3, record)
    assert (rows, bad.count, lines) == ([], 3, 3)
    assert bad.listed[0].reason == "9 characters, expected 10"


def test_the_head_of_a_record_stays_beside_it() -> None:
    reader = RecordReader("FILE", RECORD, ["first"])
    blanks = GOOD[:14] + b"          12345" + GOOD[29:]
    lines = [GOOD, GOOD[:-1] + b"x", GOOD.replace(b"A*", b"B*"), b"", blanks]
    batch = next(reader.batches(io.BytesIO(b"\n".join(lines)), BadLines()))
    assert [head.tobytes() for head in batch.heads] == [lines[0], lines[2], lines[4]]


def test_text_is_bytes_of_any_kind() -> None:
    rows, bad, _ = read(GOOD[:11] + b"\xc5\x00\r" + GOOD[14:] + b"\r\n")
    assert rows[0][2] == b"\xc5\x00\r"
    assert not bad.count


def test_a_line_longer_than_the_buffer_is_one_bad_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixed_width, "CHUNK_BYTES", 128)
    data = GOOD + b"\n" + b"7" * 1000 + b"\n" + GOOD + b"\n" + b"8" * 300
    assert_exact(data)
    _, bad, _ = read(data)
    assert [(line.reason, line.head) for line in bad.listed] == [
        ("1000 characters, expected 45", "7" * 80),
        ("300 characters, expected 45", "8" * 80),
    ]


@pytest.mark.parametrize("chunk", [47, 64, 100, 190, 1000])
def test_the_size_of_the_buffer_changes_nothing(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixed_width, "CHUNK_BYTES", chunk)
    monkeypatch.setattr(fixed_width, "BATCH_ROWS", 3)
    lines = [GOOD, GOOD, b"", GOOD[:-1], GOOD.replace(b"0000000000", b"          "), b"x" * 45, GOOD, GOOD] * 3
    assert_exact(b"\r\n".join(lines))


def test_bad_lines_are_counted_beyond_those_listed() -> None:
    rows, bad, lines = read(b"short\n" * 1000 + GOOD + b"\n" + b"y" * 45 + b"\n")
    assert len(rows) == 1
    assert (bad.count, len(bad.listed), lines) == (1001, LISTED_LINES, 1002)


def test_fields_that_are_not_returned_are_checked_too() -> None:
    bad = BadLines()
    reader = RecordReader("FILE", RECORD, ["first"])
    batches = list(reader.batches(io.BytesIO(GOOD + b"\n" + GOOD[:-1] + b"x\n"), bad))
    assert [batch.numbers.tolist() for batch in batches] == [[[12345]]]
    assert bad.listed[0].reason == "last: not digits: 'x'"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ((Field("a", 1, 3, "int"), Field("b", 5, 10, "int")), "the field before it ends at 3"),
        ((Field("a", 1, 3, "int"), Field("b", 3, 10, "int")), "the field before it ends at 3"),
        ((Field("a", 1, 9, "int"),), "the record is 10 characters long"),
        ((Field("a", 1, 3, "int"), Field("a", 4, 10, "int")), "the same name"),
    ],
)
def test_fields_must_cover_the_record(fields: tuple[Field, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Record(10, fields)


digits = st.text("0123456789", min_size=15, max_size=15)
padded = st.integers(0, 10**15 - 1).map(lambda value: f"{value:15d}")
record_lines = st.builds(
    lambda flag, name, first, second: f"{flag}8471300100{name}{first}{second}7".encode("latin-1"),
    st.sampled_from("12"),
    st.text(st.characters(max_codepoint=255, exclude_characters="\n"), min_size=3, max_size=3),
    digits | padded,
    digits | padded,
)
broken = st.builds(
    lambda line, place, byte: line[:place] + byte + line[place + len(byte) :],
    record_lines,
    st.integers(0, 45),
    st.binary(min_size=0, max_size=3),
)
ends = st.sampled_from([b"\r\n", b"\n"])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(record_lines | broken, ends), max_size=12), st.sampled_from([b"", b"\x1a", GOOD, b"\r"]))
def test_any_mixture_of_lines_is_read_exactly(lines: list[tuple[bytes, bytes]], tail: bytes) -> None:
    assert_exact(b"".join(line + end for line, end in lines) + tail)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400) | st.text("0123456789 \r\n\x1a", max_size=400).map(str.encode))
def test_random_bytes_give_no_row_that_is_not_there(data: bytes) -> None:
    assert_exact(data)


class Endless:
    """A file of equal lines that is nowhere in memory."""

    def __init__(self, lines: int) -> None:
        self._left = lines * 47
        self._text = (GOOD + b"\r\n") * 40_000

    def read(self, size: int, /) -> bytes:
        start = -self._left % 47
        size = min(size, self._left, len(self._text) - start)
        self._left -= size
        return self._text[start : start + size]


def _peak(lines: int) -> tuple[int, int]:
    stream = Endless(lines)
    tracemalloc.start()
    try:
        batches: Iterator[int] = (
            len(batch) for batch in RecordReader("F", RECORD, NUMBERS).batches(stream, BadLines())
        )
        return sum(batches), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_file() -> None:
    few, small = _peak(100_000)
    many, large = _peak(1_000_000)
    assert (few, many) == (100_000, 1_000_000)
    assert large <= small * 1.05
