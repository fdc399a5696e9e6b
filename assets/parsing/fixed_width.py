"""Reads fixed-width records from a byte stream into numpy arrays, in constant memory, exactly.

Here belongs what holds for any file of fixed-width ASCII or latin-1 records: line ends, lengths, digits, blanks,
bad lines. Which fields a publisher's records have, and what their values mean, does not belong here.

How it is fast: eight digits are one 64-bit word. Three multiplications turn such a word into its value, for
thousands of fields at a time, and words that are all zeros (most of them in trade records) are passed over.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from assets.parsing.fixed_record import HEAD_BYTES, BadLines, Bytes, Field, Flags, Integers, Record

Words = npt.NDArray[np.uint64]

CHUNK_BYTES = 1 << 21
"""Text held at a time: numpy is called once for some thousand records, and they are still in the cache."""
READ_BYTES = 1 << 18
BATCH_ROWS = 65_536

_LF, _CR, _CTRL_Z, _BLANK, _ZERO, _NINE = 10, 13, 26, 32, 48, 57
_WORD = 8
_WIDE = 8
"""Fields in a run from which it pays to look first which records have anything but zeros in it."""
_PAD = 16
"""Bytes kept free before the text, so that the word of a record's first field may begin before it."""


class ByteStream(Protocol):
    """What is read from: a binary file or a member of an archive."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Batch:
    """Good records of a file, in its order. The arrays are reused: they hold until the next batch is asked for.

    `numbers` has one row a field and one column a record; `texts` are the raw bytes of each text field, one row a
    record; `heads` the first bytes of each record as they are in the file.
    """

    line_numbers: Integers
    numbers: Integers
    texts: dict[str, Bytes]
    heads: Bytes

    def __len__(self) -> int:
        return len(self.line_numbers)

    def where(self, keep: Flags) -> "Batch":
        """The records for which `keep` is true, copied."""
        return Batch(
            self.line_numbers[keep],
            self.numbers[:, keep],
            {name: text[keep] for name, text in self.texts.items()},
            self.heads[keep],
        )


@dataclass(frozen=True)
class _Run:
    """Neighbouring number fields of one width: decoded together into `count` rows of the batch from `target` on."""

    first: int
    width: int
    count: int
    target: int


class RecordReader:
    """Reads the records of one member of an archive.

    `numbers` and `texts` name the fields to return; every `code` and `int` field of the record is checked anyway.
    When `batches` is exhausted, `lines` is the number of physical lines: those yielded plus those added to `bad`.
    """

    def __init__(self, member: str, record: Record, numbers: Sequence[str], texts: Sequence[str] = ()) -> None:
        by_name = {field.name: field for field in record.fields}
        self.member = member
        self.lines = 0
        self._record = record
        self._texts = [by_name[name] for name in texts]
        self._runs = _runs([by_name[name] for name in numbers])
        self._digit_spans = _spans(record.fields, text=False)
        self._text_spans = _spans(record.fields, text=True)
        self._is_first = np.zeros(record.length, np.bool_)
        self._may_pad = np.zeros(record.length, np.bool_)
        for field in record.fields:
            self._is_first[field.start - 1] = True
            self._may_pad[field.start - 1 : field.end - 1] = field.kind == "int"
        rows = CHUNK_BYTES // (record.length + 1) + 1
        self._capacity = max(BATCH_ROWS, rows)
        self._chunk_rows = rows
        self._text = bytearray(_PAD + CHUNK_BYTES + _WORD)
        self._buffer = np.frombuffer(self._text, np.uint8)
        widest = max((run.count for run in self._runs), default=0) * rows
        self._words = np.empty(widest, np.uint64)
        self._values = np.empty(widest, np.int64)
        self._out = Batch(
            np.empty(self._capacity, np.int64),
            np.empty((len(numbers), self._capacity), np.int64),
            {field.name: np.empty((self._capacity, field.width), np.uint8) for field in self._texts},
            np.empty((self._capacity, min(HEAD_BYTES, record.length)), np.uint8),
        )

    def batches(self, stream: ByteStream, bad: BadLines) -> Iterator[Batch]:
        """Good records in batches of about `BATCH_ROWS`; bad lines go to `bad`. Raises what `stream.read` raises."""
        filled = 0
        for size in self._chunks(stream, bad):
            filled += self._take(size, filled, bad)
            if filled + self._chunk_rows > self._capacity:
                yield self._first(filled)
                filled = 0
        if filled:
            yield self._first(filled)

    def _first(self, count: int) -> Batch:
        out = self._out
        return Batch(
            out.line_numbers[:count],
            out.numbers[:, :count],
            {name: text[:count] for name, text in out.texts.items()},
            out.heads[:count],
        )

    def _chunks(self, stream: ByteStream, bad: BadLines) -> Iterator[int]:
        """Fill the buffer with whole lines; yields how many bytes of it they take."""
        view = memoryview(self._text)[_PAD:]
        carried = skipped = 0
        head = b""
        while (size := self._fill(stream, carried)) > carried:
            if skipped:
                first = self._text.find(b"\n", _PAD, _PAD + size) + 1 - _PAD
                if first <= 0:
                    skipped += size
                    continue
                self._too_long(skipped + first - 1, head, bad)
                skipped = 0
                view[: size - first] = view[first:size]
                size -= first
            end = self._text.rfind(b"\n", _PAD, _PAD + size) + 1 - _PAD
            if end > 0:
                yield end
                carried = size - end
                view[:carried] = view[end:size]
            elif size == CHUNK_BYTES:
                skipped, head, carried = size, bytes(view[:HEAD_BYTES]), 0
            else:
                carried = size
        if skipped:
            self._too_long(skipped, head, bad)
        while carried and view[carried - 1] == _CTRL_Z:
            carried -= 1
        if carried:
            view[carried] = _LF
            yield carried + 1

    def _fill(self, stream: ByteStream, size: int) -> int:
        """Read after the `size` bytes in the buffer until it is full or the stream ends; returns the new size."""
        while size < CHUNK_BYTES and (data := stream.read(min(READ_BYTES, CHUNK_BYTES - size))):
            self._text[_PAD + size : _PAD + size + len(data)] = data
            size += len(data)
        return size

    def _too_long(self, length: int, head: bytes, bad: BadLines) -> None:
        self.lines += 1
        bad.add(self.member, np.array([self.lines]), [self._length_reason(length)], [head])

    def _length_reason(self, length: int) -> str:
        return f"{length} characters, expected {self._record.length}"

    def _take(self, size: int, at: int, bad: BadLines) -> int:
        """Read the lines in the first `size` bytes of the buffer to place `at`; returns how many are good."""
        first_line = self.lines + 1
        text = self._buffer[_PAD : _PAD + size]
        source, stride = self._buffer, self._even_stride(text)
        count = size // stride if stride else 0
        rows = self._rows(source, count, stride)
        clean = bool(stride) and self._is_clean(rows)
        if clean or (stride and np.count_nonzero(text == _LF) == count):
            numbers = np.arange(first_line, first_line + count)
            self.lines += count
        else:
            source, numbers = self._gather(text, first_line, bad)
            stride, count = self._record.length, len(numbers)
            rows = self._rows(source, count, stride)
        heads = self._out.heads[at : at + count]
        heads[...] = rows[:, : heads.shape[1]]
        wrong = np.empty(0, np.intp) if clean else self._mend(rows)
        if wrong.size:
            listed = wrong[: bad.room]
            reasons = [self._digit_reason(rows[row].tobytes()) for row in listed]
            bad.add(self.member, numbers[wrong], reasons, [heads[row].tobytes() for row in listed])
            good = np.delete(np.arange(count), wrong)
            source, stride, count, numbers = _padded(rows[good]), self._record.length, len(good), numbers[good]
            rows = self._rows(source, count, stride)
            self._out.heads[at : at + count] = heads[good]
        self._out.line_numbers[at : at + count] = numbers
        for field in self._texts:
            self._out.texts[field.name][at : at + count] = rows[:, field.start - 1 : field.end]
        self._decode(source, stride, count, at)
        return count

    def _rows(self, source: Bytes, count: int, stride: int) -> Bytes:
        return np.ndarray((count, self._record.length), np.uint8, source, _PAD, (stride, 1))

    def _even_stride(self, text: Bytes) -> int:
        """Bytes from one line to the next if the text looks like records that all have the same line end, else 0."""
        length = self._record.length
        if len(text) % (length + 2) == 0:
            ends = text.reshape(-1, length + 2)[:, length:]
            if (ends[:, 0] == _CR).all() and (ends[:, 1] == _LF).all():
                return length + 2
        if len(text) % (length + 1) == 0:
            ends = text.reshape(-1, length + 1)[:, length - 1 :]
            if (ends[:, 0] != _CR).all() and (ends[:, 1] == _LF).all():
                return length + 1
        return 0

    def _is_clean(self, rows: Bytes) -> bool:
        """Whether number fields hold digits only, and no text field a line end."""
        for start, end in self._digit_spans:
            span = rows[:, start:end]
            if span.min() < _ZERO or span.max() > _NINE:
                return False
        return not any((rows[:, start:end] == _LF).any() for start, end in self._text_spans)

    def _gather(self, text: Bytes, first_line: int, bad: BadLines) -> tuple[Bytes, Integers]:
        """Copy the lines of the right length side by side; the others are reported."""
        length = self._record.length
        ends = np.flatnonzero(text == _LF)
        starts = np.concatenate(([0], ends[:-1] + 1))
        lengths = ends - starts
        lengths -= (lengths > 0) & (text[ends - 1] == _CR)
        numbers = np.arange(first_line, first_line + len(ends))
        self.lines += len(ends)
        wrong = np.flatnonzero(lengths != length)
        listed = wrong[: bad.room].tolist()
        bad.add(
            self.member,
            numbers[wrong],
            [self._length_reason(int(lengths[line])) for line in listed],
            [text[starts[line] :][: min(HEAD_BYTES, lengths[line])].tobytes() for line in listed],
        )
        good = np.flatnonzero(lengths == length)
        if not good.size:
            return _padded(np.empty((0, length), np.uint8)), numbers[:0]
        every_place = np.ndarray((len(text) - length,), f"V{length}", text, 0, (1,))
        return _padded(every_place[starts[good]].view(np.uint8)), numbers[good]

    def _mend(self, rows: Bytes) -> npt.NDArray[np.intp]:
        """Turn blanks before numbers into zeros, in place; returns the rows that then still lack digits."""
        suspects = np.flatnonzero(self._lack_digits(rows))
        mended = rows[suspects]
        blank = mended == _BLANK
        padding = blank & self._may_pad
        after_digit = padding[:, 1:] & ~blank[:, :-1] & ~self._is_first[1:]
        padding[after_digit.any(axis=1)] = False
        np.putmask(mended, padding, _ZERO)
        lack = self._lack_digits(mended)
        rows[suspects[~lack]] = mended[~lack]
        return suspects[lack]

    def _lack_digits(self, rows: Bytes) -> Flags:
        lack = np.zeros(len(rows), np.bool_)
        for start, end in self._digit_spans:
            lack |= ((rows[:, start:end] - np.uint8(_ZERO)) > _NINE - _ZERO).any(axis=1)
        return lack

    def _digit_reason(self, record: bytes) -> str:
        for field in self._record.fields:
            text = record[field.start - 1 : field.end].decode("latin-1")
            digits = text.lstrip(" ") if field.kind == "int" else text
            if field.kind == "text" or (digits.isascii() and digits.isdigit()):
                continue
            what = "blank" if not text.strip() else "a sign in" if text.strip()[0] in "+-" else "not digits:"
            return f"{field.name}: {what} {text!r}"
        raise AssertionError("a record of digits was taken for a bad line")

    def _decode(self, source: Bytes, stride: int, count: int, at: int) -> None:
        """The values of every wanted number field of `count` records, into the batch from place `at` on."""
        if not count:
            return
        rows = self._rows(source, count, stride)
        for run in self._runs:
            out = self._out.numbers[run.target : run.target + run.count, at : at + count]
            if run.count >= _WIDE:
                span = rows[:, run.first : run.first + run.width * run.count]
                busy = (span.max(axis=1) > _ZERO).nonzero()[0]
                if 2 * len(busy) < count:
                    out[...] = 0
                    if len(busy):
                        out[:, busy] = self._values_of(run, _padded(rows[busy]), self._record.length, len(busy))
                    continue
            out[...] = self._values_of(run, source, stride, count)

    def _values_of(self, run: _Run, source: Bytes, stride: int, count: int) -> Integers:
        """The values of one run, one row a field, by words of eight digits from the right."""
        values = self._values[: run.count * count]
        values[:] = 0
        end, digits, scale = run.first + run.width, run.width, 1
        while digits > 0:
            words = np.ndarray((run.count, count), "<u8", source, _PAD + end - _WORD, (run.width, stride))
            _add_words(values, words, self._words[: run.count * count], max(0, _WORD - digits), scale)
            end, digits, scale = end - _WORD, digits - _WORD, scale * 10**_WORD
        return values.reshape(run.count, count)


def _runs(fields: Sequence[Field]) -> list[_Run]:
    runs: list[_Run] = []
    for target, field in enumerate(fields):
        if field.kind == "text":
            raise ValueError(f"{field.name} is text, not a number")
        last = runs[-1] if runs else None
        if last and last.width == field.width and last.first + last.width * last.count == field.start - 1:
            runs[-1] = _Run(last.first, last.width, last.count + 1, last.target)
        else:
            runs.append(_Run(field.start - 1, field.width, 1, target))
    return runs


def _spans(fields: Sequence[Field], *, text: bool) -> list[tuple[int, int]]:
    """Stretches of neighbouring text fields, or of neighbouring number fields, as slices of the record."""
    spans: list[tuple[int, int]] = []
    for field in fields:
        if (field.kind == "text") != text:
            continue
        if spans and spans[-1][1] == field.start - 1:
            spans[-1] = (spans[-1][0], field.end)
        else:
            spans.append((field.start - 1, field.end))
    return spans


def _padded(rows: Bytes) -> Bytes:
    """The bytes of `rows` one after the other, with room before them for the first word."""
    flat = rows.reshape(-1)
    source = np.zeros(_PAD + len(flat), np.uint8)
    source[_PAD:] = flat
    return source


def _word_of(byte: int, unused: int) -> np.uint64:
    """The word whose bytes are all `byte`, with the first `unused` of them (the lowest ones) cleared."""
    return np.uint64(sum(byte << (8 * place) for place in range(unused, _WORD)))


_KEEP = [_word_of(0xFF, unused) for unused in range(_WORD)]
_ZEROS = [_word_of(_ZERO, unused) for unused in range(_WORD)]
_PAIRS, _FOURS, _EIGHT = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0000FFFF0000FFFF), np.uint64(0xFFFFFFFF)


def _add_words(values: Integers, words: Words, scratch: Words, unused: int, scale: int) -> None:
    """Add `scale` times the value of each word of eight digits; its first `unused` bytes belong to something else."""
    zeros = _ZEROS[unused]
    np.bitwise_and(words, _KEEP[unused], out=scratch.reshape(words.shape))
    busy = scratch != zeros
    count = np.count_nonzero(busy)
    if not count:
        return
    if 2 * count > len(scratch):
        scratch -= zeros
        values += _value_of(scratch) * scale
    else:
        hits = busy.nonzero()[0]
        values[hits] += _value_of(scratch[hits] - zeros) * scale


def _value_of(x: Words) -> Integers:
    """Words of eight digits 0 to 9, the first in the lowest byte, as numbers; `x` is used up."""
    high = x >> np.uint64(8)
    x *= np.uint64(10)
    x += high
    x &= _PAIRS
    np.right_shift(x, np.uint64(16), out=high)
    x *= np.uint64(100)
    x += high
    x &= _FOURS
    np.right_shift(x, np.uint64(32), out=high)
    x *= np.uint64(10_000)
    x += high
    x &= _EIGHT
    return x.view(np.int64)
