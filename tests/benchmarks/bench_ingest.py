"""What taking in one synthetic bulk archive costs, as ratios inside one run on one file.

Against inflating the zip alone, against pandas.read_fwf on a slice of the same lines, peak memory of a fresh process,
bytes of Parquet a line. Runs are interleaved and medians are shown; CPU time is what other work on the machine
disturbs least. Not a test: nothing fails here.

    python -m tests.benchmarks.bench_ingest --rows 3500000 --repeat 5
"""

import argparse
import io
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median

import pandas as pd

from assets.parsing.bulk_layouts import Flow, layout, members
from assets.parsing.census_bulk import BulkParsed, parse_archive
from tests.synthetic.bulk import write_synthetic

MONTH = date(2025, 12, 1)
READ_BYTES = 1 << 20
FRESH_PROCESS = """
import sys
from pathlib import Path
from assets.parsing.census_bulk import parse_archive
path = Path(sys.argv[1])
parse_archive(path, path.name, Path(sys.argv[2]))
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
"""Peak resident memory, in kB, of a process that does nothing else (Linux; getrusage would count the parent's)."""

Seconds = tuple[float, float]


def timed(work: Callable[[], object]) -> Seconds:
    """Wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def inflate(path: Path) -> int:
    """Inflate every member as a stream, as the reader does, and throw the bytes away; returns their number."""
    total = 0
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            with archive.open(info) as stream:
                while data := stream.read(READ_BYTES):
                    total += len(data)
    return total


def read_fwf(path: Path, flow: Flow, lines: int) -> int:
    """The kept fields of the first lines with pandas; returns how many lines that were."""
    own = layout(members(flow, "detail")[0])
    with zipfile.ZipFile(path) as archive, archive.open(f"{own.member}.TXT") as stream:
        text = stream.read(lines * (own.length + 2)).decode("latin-1")
    frame = pd.read_fwf(
        io.StringIO(text),
        colspecs=[(field.start - 1, field.end) for field in own.kept],
        names=[field.column for field in own.kept],
        dtype={field.column: "int64" if field.kind != "text" else "str" for field in own.kept},
        header=None,
    )
    return len(frame)


def peak_megabytes(path: Path, folder: Path) -> float:
    done = subprocess.run(
        [sys.executable, "-c", FRESH_PROCESS, str(path), str(folder)], check=True, capture_output=True, text=True
    )
    return int(done.stdout) / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000, help="detail lines of the archive")
    parser.add_argument("--flow", choices=("imports", "exports"), default="imports")
    parser.add_argument("--repeat", type=int, default=5, help="runs of each kind")
    parser.add_argument("--fwf-lines", type=int, default=20_000, help="lines that pandas reads")
    options = parser.parse_args()
    flow: Flow = options.flow
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = write_synthetic(folder, flow, date(2025, 11, 1), 2_000)
        path = write_synthetic(folder, flow, MONTH, options.rows)
        parse_archive(small, small.name, folder)
        read_fwf(small, flow, 100)
        results: list[BulkParsed] = []
        runs: dict[str, list[Seconds]] = {"inflate": [], "ingest": [], "read_fwf": []}
        for _ in range(options.repeat):
            runs["inflate"].append(timed(lambda: inflate(path)))
            runs["ingest"].append(timed(lambda: results.append(parse_archive(path, path.name, folder))))
            runs["read_fwf"].append(timed(lambda: read_fwf(path, flow, options.fwf_lines)))
        report(path, results[-1], runs, min(options.fwf_lines, results[-1].rows_read), peak_megabytes(path, folder))


def report(path: Path, result: BulkParsed, runs: dict[str, list[Seconds]], fwf_lines: int, peak: float) -> None:
    """Print sizes, then ratios beside their goals."""
    text = inflate(path)
    parquet = result.path.stat().st_size
    print(f"synthetic {result.flow}: {result.rows_read:,} lines, {result.rows_accepted:,} with trade in the month")
    print(f"  {text / 1e6:,.0f} MB of text in a zip of {path.stat().st_size / 1e6:,.0f} MB")
    wall, cpu = ({name: median(run[kind] for run in found) for name, found in runs.items()} for kind in (0, 1))
    for name in runs:
        print(f"  {name:9s} {wall[name]:7.2f} s wall {cpu[name]:7.2f} s CPU")
    for kind, seconds in (("wall", wall), ("CPU", cpu)):
        fwf = seconds["read_fwf"] / fwf_lines * result.rows_read
        print(
            f"ingest / inflate, {kind:4s}            {seconds['ingest'] / seconds['inflate']:6.2f}  (goal: at most 2.5)"
        )
        print(f"read_fwf / ingest a line, {kind:4s}    {fwf / seconds['ingest']:6.1f}  (goal: at least 10)")
    print(f"peak memory of a fresh process   {peak:6.0f}  MB (goal: at most 400)")
    print(f"Parquet bytes a line kept        {parquet / result.rows_accepted:6.1f}")
    print(f"Parquet bytes a detail line      {parquet / result.rows_read:6.1f}  (goal: at most 45)")


if __name__ == "__main__":
    main()
