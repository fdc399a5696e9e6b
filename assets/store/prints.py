"""How the files of one source stand among each other: which are prints of their own, which repeat another, which contradict.

The order in which files came decides nothing but which of two that contradict each other was here first. The rule for a
single file is in `vintage.py`, the comparison of figures in `figures.py`; reading and writing are in `parse.py`.
"""

import heapq
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import numpy as np

from assets.parsing import census_country
from assets.parsing.common import in_words
from assets.parsing.new_months import unlikely
from assets.parsing.partner_panel import panel_of, places_of
from assets.store.decisions import Decided, Decision
from assets.store.figures import Conflict, Figures, figures_of
from assets.store.ledger import Status
from assets.store.vintage import (
    Bounds,
    Days,
    Rank,
    Told,
    Vintage,
    first_possible_day,
    first_print,
    only_release,
    own_vintage,
    possible_releases,
    reissue_day,
    release_of_file,
)

REVISION = 0.4
"""Part of the larger of two large figures that no release has changed: of those at hand none by more than 0.09, of balances
0.23."""
CORRECTION = 0.05
"""The same within one release, whose second print mends single figures."""
MAJORITY = 2
"""A day is not believed when more than one in so many telling cells contradicts it."""
_REVISED_LITTLE = frozenset({"bea", "census_country", "fred", "ft900", "usitc_dataweb"})
"""Totals of trade and of partners. Answers about commodities and third countries are revised without bound."""
_JUDGED = frozenset({Rank.ORIGIN, Rank.LAST_MODIFIED})
"""Days that come from beside the file, so that its own figures can prove them wrong."""


@dataclass(frozen=True)
class Known:
    """One parsed file: who it is, what it tells, what is decided about it, and where its rows are.

    `labels` are what its rows are about, by dimension: two files whose labels of a dimension do not meet share no cell.
    """

    file_id: str
    name: str
    source: str
    told: Told
    days: Days
    received_at: datetime | None
    retrieved_at: datetime | None
    decided: Decided
    evidence: str | None
    content_sha256: str | None
    labels: tuple[frozenset[str], ...]
    rows: Path
    has_figures: bool = True

    @property
    def arrival(self) -> tuple[str, str]:
        """Sorts files by when they came; those of one moment by their hash."""
        return str(self.received_at or ""), self.file_id

    @property
    def own(self) -> Vintage | None:
        """The vintage by the file and its record alone."""
        decision = self.decided.date
        found = own_vintage(self.source, self.told, self.days, decision.day if decision else None)
        if found is not None and self.decided.accept:
            return replace(found, rank=Rank.ACCEPTED)
        return found

    def shares_cells_with(self, other: "Known") -> bool:
        """False when the two cannot have a cell in common."""
        if not (self.has_figures and other.has_figures):
            return False
        if any(mine and theirs and not mine & theirs for mine, theirs in zip(self.labels, other.labels, strict=True)):
            return False
        ends = (self.told.oldest_month, self.told.newest_month, other.told.oldest_month, other.told.newest_month)
        mine_first, mine_last, first, last = ends
        if mine_first is None or mine_last is None or first is None or last is None:
            return True
        return mine_first <= last and first <= mine_last


@dataclass(frozen=True)
class Standing:
    """What becomes of a file: its status, the vintage it counts from (None: none), and why where it is not just accepted."""

    status: Status
    vintage: Vintage | None = None
    why: str | None = None


def groups(files: Iterable[Known]) -> list[list[Known]]:
    """Files parted so that no two of different groups can share a cell; each group sorted by arrival."""
    found: list[list[Known]] = []
    for file in files:
        near = [group for group in found if any(file.shares_cells_with(other) for other in group)]
        found = [group for group in found if group not in near]
        found.append([file, *(other for group in near for other in group)])
    return [sorted(group, key=lambda file: file.arrival) for group in found]


def stand(files: Sequence[Known]) -> dict[str, Standing]:
    """How each file of a group stands, by file id; the same for any order of `files`."""
    able = [file for file in files if _kept_out(file) is None]
    with figures_of({file.file_id: file.rows for file in able} if len(able) > 1 else {}) as figures:
        return stand_by(figures, files)


def stand_by(figures: Figures, files: Sequence[Known]) -> dict[str, Standing]:
    """The same, by the figures of all files that are not kept out; a single one needs none."""
    found = {file.file_id: kept for file in files if (kept := _kept_out(file)) is not None}
    able = [file for file in files if file.file_id not in found]
    if len(able) == 1:
        return {**found, able[0].file_id: _alone(able[0])}
    return {**found, **_Group(able, figures).stand()}


def stand_archives(files: Sequence[Known]) -> dict[str, Standing]:
    """How bulk archives of one flow and month stand: the first is of the month's release, later ones of their own day.

    An archive with the content of the print before it is no new print, nor is one without a day that has the content of
    any; a publisher that goes back to earlier figures has made a new one. Of archives without a day the first that came
    is taken for that of the month's release, if no other is.
    """
    found = {file.file_id: kept for file in files if (kept := _kept_out(file)) is not None}
    able = sorted((file for file in files if file.file_id not in found), key=_fetched)
    prints: list[Known] = []
    dated = {file.content_sha256 for file in able if _is_dated(file)}
    is_first_here = any(file.content_sha256 not in dated for file in able)
    for file in [one for one in able if _is_dated(one)]:
        if prints and prints[-1].content_sha256 == file.content_sha256:
            found[file.file_id] = Standing("superseded", found[prints[-1].file_id].vintage, _same(prints[-1]))
            continue
        is_first = not prints and not is_first_here
        day = first_print(file.told, file.days) if is_first else _print_of_its_day(file)
        _count(found, file, file.own or day)
        prints.append(file)
    for file in [one for one in able if not _is_dated(one)]:
        same = next((one for one in prints if one.content_sha256 == file.content_sha256), None)
        release = first_print(file.told, file.days)
        days = {vintage.day for one in prints if (vintage := found[one.file_id].vintage)}
        if same is not None:
            found[file.file_id] = Standing("superseded", found[same.file_id].vintage, _same(same))
        elif release is not None and all(day > release.day for day in days) and all(map(_is_dated, prints)):
            _count(found, file, release)
            prints.append(file)
        else:
            why = f"another archive of the month is here, {prints[-1].name}; nothing tells which is newer"
            found[file.file_id] = Standing("undated", None, why)
    return found


def _count(found: dict[str, Standing], file: Known, vintage: Vintage | None) -> None:
    """Let an archive count from its day; another one of the same day no longer does."""
    for other, standing in found.items():
        if standing.status == "accepted" and standing.vintage and vintage and standing.vintage.day == vintage.day:
            found[other] = replace(standing, status="superseded", why=f"replaced by {file.name} of the same day")
    found[file.file_id] = Standing("accepted", vintage, _accepted_anyway(file))


def _is_dated(file: Known) -> bool:
    """Whether anything but the month in it tells when an archive was made."""
    return file.own is not None or file.days.retrieved_on is not None


def _fetched(file: Known) -> tuple[str, tuple[str, str]]:
    """Sorts archives by when they were fetched, as far as their record tells, and then by when they came."""
    return str(file.retrieved_at) if file.days.retrieved_on else "", file.arrival


def _print_of_its_day(file: Known) -> Vintage | None:
    if file.days.retrieved_on is None:
        return None
    return Vintage(file.days.retrieved_on, "retrieval day told by the origin record; a later print", Rank.ORIGIN)


def _same(other: Known) -> str:
    return f"same figures as {other.name} (file {other.file_id})"


def _kept_out(file: Known) -> Standing | None:
    """The standing of a file that an operator or evidence keeps out, or that has no figures, whatever other files say."""
    if file.decided.withdraw:
        return Standing("withdrawn", None, f"withdrawn {_by(file.decided.withdraw)}")
    if file.decided.set_aside:
        return Standing("quarantined", None, file.decided.set_aside.why)
    if file.evidence and not file.decided.accept:
        return Standing("quarantined", None, file.evidence)
    if not file.has_figures:
        return Standing("accepted", Vintage(file.days.received_on, "day it came; it has no figures", Rank.CALENDAR))
    return None


def _by(decision: Decision) -> str:
    reason = f": {decision.why}" if decision.why else ""
    return f"by {decision.who} on {decision.at:%Y-%m-%d}{reason}"


def _accepted_anyway(file: Known) -> str | None:
    if not file.decided.accept:
        return None
    against = f"; against it: {file.evidence}" if file.evidence else ""
    return f"accepted {_by(file.decided.accept)}{against}"


def _alone(file: Known) -> Standing:
    """The standing of a file without others to compare it with."""
    possible = [release.released_on for release in possible_releases(file.told, file.days, Bounds())]
    vintage = file.own or only_release(possible_releases(file.told, file.days, Bounds()), file.days)
    if vintage is None:
        return Standing("undated", None, _untold(possible))
    return Standing("accepted", vintage, _accepted_anyway(file))


def _untold(possible: Sequence[date]) -> str:
    if not possible:
        return "nothing tells when it was published"
    span = f"{possible[0]} and {possible[-1]}"
    return f"nothing tells when it was published: {len(possible)} releases between {span} can have printed it"


class _Group:
    """One group of files while it is being settled."""

    def __init__(self, files: Sequence[Known], figures: Figures) -> None:
        self.files = {file.file_id: file for file in files}
        self.figures = figures

    def stand(self) -> dict[str, Standing]:
        own = {file_id: vintage for file_id, file in self.files.items() if (vintage := file.own) is not None}
        doubted = self._doubted(own)
        dated = {file_id: vintage for file_id, vintage in own.items() if file_id not in doubted}
        found = self._place(dated)
        rest = {
            file_id: self._by_figures(file, doubted.get(file_id))
            for file_id, file in self.files.items()
            if file_id not in dated
        }
        later = {file_id: one.vintage for file_id, one in rest.items() if one.status == "accepted" and one.vintage}
        if later:
            found = self._place({**dated, **later})
        return {**{file_id: one for file_id, one in rest.items() if file_id not in later}, **found}

    def _doubted(self, own: Mapping[str, Vintage]) -> dict[str, str]:
        """Files whose day, told from beside them, most of the telling cells contradict, and tables that were cut, each with
        the reason."""
        found = self._cut(own)
        sure = {
            file_id: vintage for file_id, vintage in own.items() if vintage.rank not in _JUDGED and file_id not in found
        }
        if len(sure) + len(found) == len(own):
            return found
        self._place(sure)
        for file_id in own.keys() - sure.keys() - found.keys():
            day = own[file_id].day
            against, telling = self.figures.votes(file_id, day)
            if against * MAJORITY > telling:
                found[file_id] = (
                    f"it is said to be of {day}, but {against:,} of the {telling:,} figures that tell its age contradict that"
                )
        return found

    def _cut(self, own: Mapping[str, Vintage]) -> dict[str, str]:
        """Country tables that a later print holds whole, each with the reason: a release revises the ones before it, so
        that months were taken away or set to zero.

        Only a print whose own day is beyond doubt tells that; another may be the table with months that were made up.
        """
        surest = {file_id: vintage.day for file_id, vintage in own.items() if vintage.rank < Rank.ORIGIN}
        found = {}
        for file_id in own.keys() - surest.keys():
            file, day = self.files[file_id], own[file_id].day
            if file.source != census_country.SOURCE or not any(later > day for later in surest.values()):
                continue
            for other in self.figures.wholes(file_id):
                # What came before a print was out is no part of it.
                if other in surest and day < surest[other] <= file.days.received_on:
                    found[file_id] = (
                        f"it looks like the release of {day}, but every figure is as in {self._name(other)} of "
                        f"{surest[other]}, as if months had been taken away from that"
                    )
                    break
        return found

    def _place(self, dated: Mapping[str, Vintage]) -> dict[str, Standing]:
        """Let the dated files stand, the oldest first; of one day the one with the strongest evidence, then the first that
        came."""
        self.figures.clear()
        waiting = [self._turn(file_id, vintage) for file_id, vintage in dated.items()]
        heapq.heapify(waiting)
        found: dict[str, Standing] = {}
        while waiting:
            *_, file_id, vintage = heapq.heappop(waiting)
            file = self.files[file_id]
            against = self.figures.conflict(file_id, vintage.day)
            if against is not None and self._is_before(file, against.other, vintage.day):
                against = None
                later = self._covering(file, vintage.day, found)
                if later is not None:
                    found[file_id] = Standing("superseded", vintage, f"fetched again that day: {self._name(later)}")
                    continue
            if against is not None:
                again = self._reissued_on(file, vintage, against)
                if again is not None:
                    rule = f"retrieval day; another file stands for the release of {vintage.day}"
                    heapq.heappush(waiting, self._turn(file_id, Vintage(again, rule, Rank.ORIGIN)))
                    continue
                found[file_id] = Standing("quarantined", None, self._against(vintage, against))
                continue
            corrected = self._correction(file, vintage.day, found)
            if corrected is not None:
                found[file_id] = Standing("quarantined", None, self._against(vintage, corrected))
                continue
            same = self.figures.repeated(file_id, vintage.day)
            if same is not None:
                found[file_id] = Standing("superseded", vintage, f"every figure is here from {self._name(same)}")
                continue
            leap = self.figures.leap(file_id, vintage.day, REVISION) if file.source in _REVISED_LITTLE else None
            if leap is not None and not file.decided.accept:
                found[file_id] = Standing("quarantined", None, self._leaping(leap))
                continue
            against_new = None if file.decided.accept else self._unlikely(file, vintage.day)
            if against_new is not None:
                found[file_id] = Standing("quarantined", None, against_new)
                continue
            self.figures.place(file_id, vintage.day)
            found[file_id] = Standing("accepted", vintage, _accepted_anyway(file))
        return found

    def _reissued_on(self, file: Known, vintage: Vintage, against: Conflict) -> date | None:
        """The day from which a second print of a release counts, told by its record; None for one that only an operator's
        acceptance of the other has displaced."""
        if file.decided.date is not None or self.files[against.other].decided.accept:
            return None
        day = reissue_day(file.told, file.days)
        return day if day is not None and day > vintage.day else None

    def _correction(self, file: Known, day: date, found: Mapping[str, Standing]) -> Conflict | None:
        """What a later print of a release changes beyond a correction; the release's first print is another one."""
        month = release_of_file(file.told)
        if month is None or file.decided.accept or file.decided.date:
            return None
        same_release = [
            other
            for other, standing in found.items()
            if standing.status == "accepted" and release_of_file(self.files[other].told) == month
        ]
        return self.figures.leap(file.file_id, day, CORRECTION, same_release) if same_release else None

    def _turn(self, file_id: str, vintage: Vintage) -> tuple[date, Rank, float, tuple[str, str], str, Vintage]:
        """Sorts files for `_place`; of those that count from the day they were fetched the last one comes first."""
        file = self.files[file_id]
        fetched = file.retrieved_at if file.days.retrieved_on == vintage.day else None
        latest_first = -fetched.timestamp() if fetched else 0.0
        # What a record says of a day and what the calendar says of it are as strong: a record is soon written.
        strength = Rank.ORIGIN if Rank.ORIGIN <= vintage.rank <= Rank.CALENDAR else vintage.rank
        return vintage.day, strength, latest_first, file.arrival, file_id, vintage

    def _is_before(self, file: Known, other_id: str, day: date) -> bool:
        """Whether both count from the day they were fetched, and `file` was fetched before the other."""
        other = self.files[other_id]
        return file.days.retrieved_on == other.days.retrieved_on == day and str(file.retrieved_at) < str(
            other.retrieved_at
        )

    def _covering(self, file: Known, day: date, found: Mapping[str, Standing]) -> str | None:
        """An accepted answer of the same day that has a figure for each cell of `file`."""
        for other, standing in found.items():
            same_day = standing.status == "accepted" and standing.vintage is not None and standing.vintage.day == day
            if same_day and self.figures.is_covered(file.file_id, other):
                return other
        return None

    def _by_figures(self, file: Known, doubt: str | None) -> Standing:
        """The standing of a file without a believed day, by its figures: a copy or part of a print, else of the only
        release that it can be of, else undated."""
        equal = self.figures.equal_prints(file.file_id)
        whole = [day for day, lacking in equal if not lacking]
        if whole:
            same = self.figures.repeated(file.file_id, whole[0])
            if same is not None:
                return Standing("superseded", self._day_of(whole[0]), f"every figure is here from {self._name(same)}")
        bounds = self.figures.bounds(file.file_id)
        possible = possible_releases(file.told, file.days, bounds)
        fitting = [day for day, _ in equal if (bounds.after or bounds.before) and _is_within(day, file, bounds)]
        if len(fitting) == 1:
            rule = f"its figures are those of the print of {fitting[0]}"
            return Standing("accepted", Vintage(fitting[0], rule, Rank.FIGURES), doubt)
        vintage = None if doubt else only_release(possible, file.days)
        if vintage is not None:
            return Standing("accepted", vintage, None)
        return Standing("undated", None, doubt or _untold([release.released_on for release in possible]))

    @staticmethod
    def _day_of(day: date) -> Vintage:
        return Vintage(day, "same figures as a print of that day", Rank.FIGURES)

    def _name(self, file_id: str) -> str:
        return f"{self.files[file_id].name} (file {file_id})"

    def _unlikely(self, file: Known, day: date) -> str | None:
        """What speaks against the months of partners that are new in the file, beside those of the prints before it."""
        beside = self.figures.beside_history(file.file_id, day) if file.source == census_country.SOURCE else None
        if beside is None:
            return None
        rows, newest = beside
        panel = panel_of(rows)
        is_new = np.zeros(panel.usd.shape, dtype=bool)
        is_new[places_of(rows, panel.codes, panel.first_year)] = rows["is_new"].to_numpy()
        evidence = in_words(unlikely(panel, is_new))
        if evidence is None:
            return None
        return f"new months beside those of {self._name(newest)} and the prints before: {evidence}. {_if_wrong(newest)}"

    def _leaping(self, found: Conflict) -> str:
        return (
            f"beyond any revision against {self._name(found.other)}, the print before; large figures so far off: "
            f"{found.count:,}, for instance {found.example}. {_if_wrong(found.other)}"
        )

    def _against(self, vintage: Vintage, found: Conflict) -> str:
        return (
            f"{found.count:,} figures differ from {self._name(found.other)} of the same release, {vintage.day}; "
            f"for instance {found.example}"
        )


def _if_wrong(file_id: str) -> str:
    """What to do when the earlier file is the wrong one."""
    return f"If the earlier print is the wrong one: tradewake withdraw {file_id} --why WORDS"


def _is_within(day: date, file: Known, bounds: Bounds) -> bool:
    newest = file.told.newest_month
    return (
        (bounds.after is None or day > bounds.after)
        and (bounds.before is None or day < bounds.before)
        and day <= file.days.received_on
        and (newest is None or day >= first_possible_day(newest))
    )


def digest_of(files: Iterable[Known]) -> str:
    """Text that changes whenever the standing of a group may."""
    return json.dumps(
        [
            [
                file.file_id,
                file.name,
                file.told.as_json(),
                str(file.days),
                str(file.retrieved_at),
                file.arrival,
                file.decided.key,
                file.evidence,
                file.content_sha256,
            ]
            for file in files
        ]
    )
