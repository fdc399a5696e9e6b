"""The commands that look after a data folder: verify, rebuild, tidy, doctor; and formats, what may be put into it.

Arguments, exit codes and printing belong here; the work is done in `assets/upkeep` and `orchestration/rebuild.py`.
"""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assets.errors import visible
from assets.home import Home
from assets.store.writer_lock import Holder, writer_lock
from orchestration.instance_folder import instance_file, prepare_instance
from orchestration.printing import write_json

output = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

AsJson = Annotated[bool, typer.Option("--json", help="Print one object instead of words.")]


def verify(as_json: AsJson = False) -> None:
    """Is everything that is kept still what it was? Exit code 1 when anything is damaged.

    Hashes every raw file and every file of the lake, compares raw store, ledger and lake with each other, and computes
    the content hash of the published file and of its Parquet copy again. Nothing is changed.
    """
    from assets.upkeep.verify import verify_store  # noqa: PLC0415 - loads every parser; other commands do without
    from assets.upkeep.verify_published import verify_published  # noqa: PLC0415

    home = Home.from_environment()
    with ExitStack() as stack:
        try:
            _close_run(home, stack.enter_context(writer_lock(home, tell=errors.print)))
        except OSError as problem:
            errors.print(f"Looking without the writer's lock, which cannot be had here: {problem}", markup=False)
        store = verify_store(home)
        published = verify_published(home)
    damages = [*store.damages, *published]
    if as_json:
        _write({"intact": not damages, "checked": dict(store.checked), "damages": [asdict(one) for one in damages]})
    else:
        counts = ", ".join(f"{count:,} {what}" for what, count in store.checked.items())
        file = "the published file and its Parquet copy" if home.published.exists() else "nothing is published"
        output.print(f"Looked at {counts}; {file}.")
        if damages:
            output.print(f"[bold red]{len(damages)} damaged.[/bold red]")
            _table(("where", "what is wrong", "what to do"), [(one.path, one.what, one.remedy) for one in damages])
        else:
            output.print("All intact.")
    if damages:
        raise typer.Exit(1)


def rebuild() -> None:
    """Derive ledger, lake, warehouse and publication again from raw/ alone; waiting files stay where they are.

    The published file can be read throughout. Exit code 1, and everything as it was, when the raw store is damaged or a
    check fails.
    """
    home = Home.from_environment()
    from assets.upkeep.derive import RawStoreDamaged  # noqa: PLC0415 - Dagster and dbt load slowly
    from orchestration.rebuild import RebuildFailed  # noqa: PLC0415
    from orchestration.rebuild import rebuild as run  # noqa: PLC0415
    from orchestration.refresh import UNUSABLE  # noqa: PLC0415
    from orchestration.summary import print_unusable  # noqa: PLC0415

    try:
        prepare_instance(home)
        done = run(home)
    except UNUSABLE as problem:
        print_unusable(errors, home, problem)
        raise typer.Exit(1) from problem
    except RawStoreDamaged as problem:
        errors.print(f"[bold red]The rebuild stopped:[/bold red] {escape(str(problem))}.")
        _table(("where", "what is wrong", "what to do"), [(one.path, one.what, one.remedy) for one in problem.damages])
        raise typer.Exit(1) from problem
    except RebuildFailed as problem:
        errors.print("[bold red]The rebuild stopped.[/bold red] Lake, warehouse and publication are as they were.")
        errors.print(str(problem), markup=False)
        raise typer.Exit(1) from problem
    output.print(f"{done.raw_files:,} raw files, {done.lake_files:,} files of the lake, content {done.hash_after}")
    if done.hash_before is None:
        output.print("Nothing readable was published before.")
    elif done.hash_before == done.hash_after:
        output.print("Identical to what was published before.")
    else:
        output.print(f"Not what was published before ({done.hash_before}): code or files have changed since.")


def tidy() -> None:
    """Remove what killed processes left behind, dbt's old logs and run history older than 90 days; say what came free."""
    home = Home.from_environment()
    import dagster as dg  # noqa: PLC0415 - Dagster loads slowly

    from orchestration.refresh import UNUSABLE  # noqa: PLC0415
    from orchestration.summary import print_unusable  # noqa: PLC0415
    from orchestration.tidy import tidy as run  # noqa: PLC0415

    try:
        prepare_instance(home)
        with dg.DagsterInstance.get() as instance, writer_lock(home, tell=errors.print) as killed:
            _close_run(home, killed)
            done = run(home, instance, datetime.now(UTC))
    except UNUSABLE as problem:
        print_unusable(errors, home, problem)
        raise typer.Exit(1) from problem
    for one in done.files:
        output.print(f"removed {visible(str(one.path.relative_to(home.root)))}: {one.why}", markup=False)
    if done.changes:
        output.print(
            f"moved changes of a client to the published file to {done.changes.relative_to(home.root)}", markup=False
        )
    output.print(f"{len(done.files):,} leftovers and {done.runs:,} old runs removed, {done.bytes / 1e6:,.1f} MB free.")


def doctor(as_json: AsJson = False) -> None:
    """What is wrong here, in plain words, and what to do. Exit code 1 when anything has to be done.

    Looks at versions, disk, clock, lock, database files, files that wait or were refused, releases that are out and not
    in, missing months, leftovers and run history. Nothing is changed; for damage see `tradewake verify`.
    """
    from assets.upkeep.doctor import examine  # noqa: PLC0415 - loads every parser; other commands do without

    home = Home.from_environment()
    folder = Path(os.environ.get("DAGSTER_HOME") or home.dagster)
    findings = examine(home, folder, datetime.now(UTC), shared=instance_file().name != "dagster.yaml")
    ill = [one for one in findings if not one.is_fine]
    if as_json:
        _write({"fine": not ill, "findings": [{**asdict(one), "fine": one.is_fine} for one in findings]})
    else:
        for one in findings:
            output.print(
                f"{'[green]fine[/green]' if one.is_fine else '[bold red]do[/bold red]  '}  {one.check}: ", end=""
            )
            output.print(one.words, markup=False, soft_wrap=True)
            if one.todo:
                output.print(f"      -> {one.todo}", markup=False, soft_wrap=True)
        output.print(f"{len(ill)} of {len(findings)} need action." if ill else "Nothing has to be done.")
    if ill:
        raise typer.Exit(1)


def _close_run(home: Home, killed: Holder | None) -> None:
    """Have the run of a process that was killed end in the run history: its name is gone once this command is done."""
    if killed is None or not killed.run_id:
        return
    prepare_instance(home)
    import dagster as dg  # noqa: PLC0415 - Dagster loads slowly

    from orchestration.executor import report_killed  # noqa: PLC0415

    with dg.DagsterInstance.get() as instance:
        report_killed(instance, killed)


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    table = Table(show_edge=False, header_style="bold")
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(escape(visible(str(cell))) for cell in row))
    output.print(table)


def _write(record: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(record, default=str, ensure_ascii=False, indent=1) + "\n")


def formats(as_json: AsJson = False) -> None:
    """Which files are read, and which are known and not read, with what to land instead."""
    from assets.parsing.recognise import layouts  # noqa: PLC0415 - loads every parser; other commands do without

    known = layouts()
    if as_json:
        write_json(one._asdict() for one in known)
        return
    output.print("Read, whatever the file is called:")
    _table(("source", "layout"), [(one.source, one.layout) for one in known if one.source])
    output.print("Known and not read:")
    _table(("file", "instead"), [(one.layout, one.instead) for one in known if not one.source])


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (verify, rebuild, tidy, doctor, formats):
        app.command()(command)
