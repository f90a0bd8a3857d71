"""One stretch of French posology, read into steps: strength, dose, schedule, duration, and the day's dose if certain.

Belongs here: what the items of a posology mean together. Does not belong here: the items (items.py), where a stretch
ends and what becomes of the fact (posology.py).

Items make *groups*, a quantity and how often it is taken. "500 mg : 2 cp x 3/j" is a strength, then a group of two
forms three times. The day's dose is the sum of the groups; it is None as soon as one factor is missing, depends on
need, or is less often than every day. "puis" begins another step.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from limpide.semantics.drugs.items import Item, items_of, says_something, unit_of

_MASSES = {"g": 1000.0, "mg": 1.0, "ug": 0.001, "ng": 0.000001}  # in milligrams
_SPANS = {"j": "D", "s": "W", "m": "M", "a": "Y"}
_SMALL = 4  # "2 matin et soir" counts forms; "40 matin et soir" is a strength
_LEAST_BARE = 20.0  # "(400 x3/j)": a bare number of a take is an amount from here on
_NEAR = 6  # characters between a bare number and the schedule that makes it a quantity
_SCHEDULES = ("times", "every", "daily", "moment", "clock")
_FREQUENCY = (*_SCHEDULES, "less", "scheme", "need")
SCHEDULES = (*_SCHEDULES, "less", "scheme")
_DOSING = (*_SCHEDULES, "less", "scheme", "form", "mult")
_CONTAINED = re.compile(r"ml$|^l$|dose|bouffee|goutte")
_ASIDE = re.compile(r"\([^()]*\)")
_DOSED_ASIDE = re.compile(
    r"\(\s*(?:soit\s+)?(?:[\d½¼¾]|x\s*\d|matin|soir|midi|le\s+(?:matin|soir)|une?\s)(?![^()]*\bdernier)"
)
_OF = re.compile(r"(?:\bde|\bd'|\ba|\bdosee?s? a)\s*$")
_OR_SO = re.compile(r"soit\s*:?\s*$")


@dataclass(frozen=True, slots=True)
class Setting:
    """What the drug and the patient add to the words: unit of a bare strength, insulin, kilograms, square metres."""

    bare_unit: str | None = None
    bare_low: float = 0.0
    bare_high: float = 0.0
    insulin: bool = False
    weight: float | None = None
    surface: float | None = None


@dataclass(slots=True)
class Step:
    """One step of a treatment. `daily` and its unit as UCUM; `strength` as written, decimal points for commas."""

    strength: str | None = None
    dose: float | None = None
    dose_unit: str | None = None
    frequency: str | None = None
    duration: str | None = None
    until: str | None = None  # as written: '12/03/2024'
    prn: bool = False
    daily: float | None = None
    daily_unit: str | None = None
    times: float | None = None  # takes a day, where one quantity has them


@dataclass(slots=True)
class _Group:
    """A quantity and how often it is taken. `form`: the quantity counts forms, `unit` may be unknown then."""

    value: float | None
    unit: str | None
    form: bool
    at: tuple[int, int] = (0, 0)
    moments: set[float] = field(default_factory=set)
    times: float | None = None
    per_day: bool = False  # "21 mg/24 h": the day's, or what a patch gives
    unknown: bool = False  # a range, a rate, a dose by kilogram of an unknown weight
    scheme: bool = False

    def often(self) -> float | None:
        if self.unknown:
            return None
        return self.times if self.times is not None else float(len(self.moments)) or None


def read(text: str, folded: str, setting: Setting, needs: Sequence[int] = ()) -> list[Step]:
    """The steps stated in a stretch, the first first. `needs`: places where "si" + a symptom says: when needed."""
    if not needs and not says_something(text if "½" in text else folded):
        return [Step()]
    for half in "½¼¾":
        if half in text:
            folded = "".join(raw if raw in "½¼¾" else letter for raw, letter in zip(text, folded, strict=True))
            break
    stretch = _ASIDE.sub(lambda aside: " " * len(aside.group()), folded) if "(" in folded else folded
    items = list(items_of(stretch))
    if stretch != folded and not any(item.kind in _DOSING for item in items) and _DOSED_ASIDE.search(folded):
        stretch = folded
        items = list(items_of(stretch))
    items += [Item("need", None, "", place, place + 2) for place in needs]
    items.sort(key=lambda item: item.start)
    pieces = _pieces(items, stretch)
    steps: list[Step] = []
    before: _Reading | None = None
    for piece in pieces:
        reading = _Reading(text, stretch, setting)
        if before is not None:
            reading.strength, reading.content, reading.by_volume = before.strength, before.content, before.by_volume
        steps.append(_step(reading, piece, first=before is None))
        before = reading
    return [step for rank, step in enumerate(steps) if not rank or step.dose is not None or step.daily is not None]


def _pieces(items: list[Item], stretch: str) -> list[list[Item]]:
    """Items of each step: "puis" begins another, and so does ", 10 mg/j" after a duration.

    "2 cp le matin puis 1 cp le soir" is one day: neither says how long.
    """
    pieces: list[list[Item]] = [[]]
    for index, item in enumerate(items):
        piece = pieces[-1]
        lasting = any(one.kind in ("duration", "until") for one in piece)
        if item.kind == "then":
            rest = items[index + 1 :]
            if lasting or not (_moments(piece) and _moments(rest) and not _moments(piece) & _moments(rest)):
                pieces.append([])
            continue
        again = item.kind in ("amount", "form", "mult") and item.value is not None
        if lasting and again and "," in stretch[piece[-1].end : item.start]:
            if any(one.kind in _SCHEDULES for one in items[index:]):
                pieces.append([])
            pieces[-1].append(item)
            continue
        pieces[-1].append(item)
    return pieces


def _moments(items: list[Item]) -> set[float | None]:
    return {item.value for item in items if item.kind == "moment"}


class _Reading:
    """The groups of one step, as its items come."""

    def __init__(self, text: str, stretch: str, setting: Setting) -> None:
        self.text, self.stretch, self.setting = text, stretch, setting
        self.groups: list[_Group] = []
        self.strength: str | None = None
        self.content: tuple[float, str] | None = None  # of one form
        self.by_volume: tuple[float, str, float] | None = None  # 250 mg in 5 mL

    def current(self) -> _Group | None:
        return self.groups[-1] if self.groups else None

    def written(self, start: int, end: int) -> str:
        return " ".join(self.text[start:end].replace(",", ".").split())

    def to_strength(self, *, patch: bool = False) -> None:
        """What was an amount is the strength of the forms that follow: "21 mg/24 h" that of a patch."""
        group = self.current()
        waiting = group and (group.often() is None or (patch and group.per_day and not group.moments))
        if group and waiting and not group.form and group.value is not None and group.unit:
            if not group.unknown and group.unit != "%":
                self.content = self.content or (group.value, group.unit)
            if "kg" not in group.unit and "m2" not in group.unit:
                written = self.written(*group.at)
                self.strength = self.strength or (f"{written} {group.unit}" if written[-1].isdigit() else written)
            self.groups.pop()

    def amount(self, item: Item) -> None:
        value, (unit, _, per) = item.value or 0.0, item.word.partition("/")
        group = self.current()
        before = self.stretch[: item.start]
        if per and _CONTAINED.search(per):
            self.strength = self.strength or self.written(item.start, item.end)
            volume = re.match(r"(\d+(?:[.,]\d+)?)? ?ml", per)
            if volume and volume.group(1):
                self.content = (value, unit)  # "4000 UI/0,4 ml": a syringe
                self.by_volume = (value, unit, float(volume.group(1).replace(",", ".")))
            elif volume:
                self.by_volume = (value, unit, 1.0)
            elif per != "l":
                self.content = (value, unit)
            return
        if group and group.form and group.often() is None and _OF.search(before):
            self.content, self.strength = (value, unit), self.written(item.start, item.end)
            return
        made = _Group(value, unit, False, (item.start, item.end))
        if per in ("kg", "m2"):
            size = self.setting.weight if per == "kg" else self.setting.surface
            made.unit = item.word if size is None else unit
            made.value, made.unknown = round(value * (size or 1.0), 4), size is None
        elif per:
            made.unit, made.unknown = item.word, True
        if _OR_SO.search(before) and not made.unknown and group:
            made.times, made.moments, made.per_day = group.times, group.moments, group.per_day
            self.groups = [made]  # "1 mg/kg/j soit 60 mg/j": the same, worked out
            return
        if before.rstrip().endswith("+") and group and not group.form:
            return  # "3 mg + 2 mg": one after the other
        if group and group.often() is None and not group.unknown and not group.form:
            self.to_strength()  # "10 mg : 5 mg le matin"
        self.groups.append(made)

    def number(self, item: Item, following: Item | None, right_after_name: bool) -> None:
        value, setting = item.value or 0.0, self.setting
        scheduled = following is not None and following.kind in _SCHEDULES and following.start - item.end <= _NEAR
        halved = any(mark in self.stretch[item.start : item.end] for mark in "/½¼¾")
        counted = (scheduled and value <= _SMALL and (value * 4).is_integer()) or halved
        if right_after_name and not counted:
            if setting.bare_unit and setting.bare_low <= value <= setting.bare_high:
                self.groups.append(_Group(value, setting.bare_unit, False, (item.start, item.end)))
            return
        if not scheduled:
            return
        if value >= _LEAST_BARE and self.content is None and not self.groups and setting.bare_unit:
            self.groups.append(_Group(value, setting.bare_unit, False, (item.start, item.end)))
            return
        self.to_strength()
        self.groups.append(_Group(value, None, True, (item.start, item.end)))

    def scheme(self, item: Item) -> None:
        unit = item.word if item.word[:1].isalpha() else ""
        if unit or self.setting.insulin:
            self.to_strength()
            made = _Group(item.value, unit_of(unit) if unit else "[IU]", False, (item.start, item.end), times=1.0)
        elif max(item.extra) > _SMALL:
            return  # a date, a reference
        else:
            self.to_strength()
            made = _Group(item.value, None, True, (item.start, item.end), times=1.0)
        made.scheme = True
        self.groups.append(made)

    def schedule(self, item: Item) -> None:
        group = self.current()
        if group is None or group.scheme:
            if group is None and (self.content or self.strength):
                group = _Group(1.0, None, True, (item.start, item.end))
                self.groups.append(group)
            elif group is None and item.kind == "times":
                group = _Group(None, None, True, (item.start, item.end))
                self.groups.append(group)
            if group is None or group.scheme:
                return
        if item.kind == "moment":
            group.moments.add(item.value or 0.0)
        elif item.kind == "clock":
            group.moments.add(100.0 + item.start)
        elif item.kind == "every":
            hours = item.value
            if hours is None or not 0 < hours <= 24 or 24 % hours:
                group.unknown = True
            elif group.times is None:
                group.times = 24 / hours
        elif item.value is None:
            group.unknown = True
        elif item.kind == "times" and group.times is None:
            group.times = item.value
        elif group.times is None and not group.moments:
            group.times = item.value  # "par jour"

    def daily(self) -> tuple[float, str] | None:
        """The day's dose: the groups' quantities times how often each is taken."""
        total: tuple[float, str] | None = None
        for group in self.groups:
            often, value, unit = group.often(), group.value, group.unit
            if often is None or value is None:
                return None
            if group.form:
                if self.content:
                    value, unit = value * self.content[0], self.content[1]
                elif self.by_volume or (self.strength and unit is None):
                    return None
            elif unit == "mL" and self.by_volume:
                value, unit = value * self.by_volume[0] / self.by_volume[2], self.by_volume[1]
            if unit in (None, "%", "L"):
                return None
            amount = value * often
            if total is None:
                total = (amount, unit or "")
            elif total[1] == unit:
                total = (total[0] + amount, total[1])
            else:
                if unit not in _MASSES or total[1] not in _MASSES:
                    return None
                total = (total[0] + amount * _MASSES[unit] / _MASSES[total[1]], total[1])
        return total


def _step(reading: _Reading, items: list[Item], *, first: bool) -> Step:
    step, text, stretch, setting = Step(), reading.text, reading.stretch, reading.setting
    rare = False
    clocks = sum(item.kind == "clock" for item in items)
    for index, item in enumerate(items):
        following = items[index + 1] if index + 1 < len(items) else None
        if item.kind == "combination":
            reading.strength = reading.written(item.start, item.end)
        elif item.kind == "amount":
            reading.amount(item)
            if following and following.kind in ("daily", "every") and following.start - item.end <= 1:
                group = reading.current()
                day = following.kind == "daily" or following.value == 24
                if group and group.at == (item.start, item.end) and day:
                    group.times, group.per_day = following.value if following.kind == "daily" else 1.0, True
        elif item.kind == "mult" and item.value is not None:
            inner = list(items_of(stretch[item.start : item.end].split("x")[-1].split("*")[-1]))
            if inner and inner[0].kind == "amount":
                reading.to_strength()
                made = _Group(item.value * (inner[0].value or 0), inner[0].word, False, (item.start, item.end))
                reading.groups.append(made)
        elif item.kind == "form" and (item.value is not None or item.extra):
            reading.to_strength(patch=item.word == "{patch}")
            made = _Group(item.value, item.word, True, (item.start, item.end), unknown=bool(item.extra))
            reading.groups.append(made)
        elif item.kind == "num":
            near = first and index == 0 and not stretch[: item.start].strip(" \t\xa0").rstrip("lp").strip()
            reading.number(item, following, near)
        elif item.kind == "scheme":
            reading.scheme(item)
        elif item.kind in _SCHEDULES:
            if item.kind != "clock" or clocks > 1 or setting.insulin:
                reading.schedule(item)
        elif item.kind == "less":
            rare = True
        elif item.kind == "need":
            step.prn = True
        elif item.kind == "duration" and item.value is not None and item.value == int(item.value):
            step.duration = step.duration or f"P{int(item.value)}{_SPANS[item.word]}"
        elif item.kind == "until":
            step.until = stretch[item.start : item.end]
    _fill(step, reading, rare)
    pieces = [(item.start, item.end) for item in items if item.kind in _FREQUENCY and item.end - item.start > 2]
    pieces += [(i.start, i.end) for i in items if i.kind in _FREQUENCY and i.end - i.start <= 2 and i.kind != "need"]
    step.frequency = _joined(text, pieces)
    return step


def _fill(step: Step, reading: _Reading, rare: bool) -> None:
    step.strength = reading.strength
    groups = reading.groups
    if groups and not groups[0].scheme and all((g.value, g.unit) == (groups[0].value, groups[0].unit) for g in groups):
        step.dose, step.dose_unit = groups[0].value, groups[0].unit if groups[0].value is not None else None
        step.times = groups[0].often()
        if step.dose_unit is None:
            step.dose = None
    elif groups and groups[0].scheme:
        step.times = groups[0].often()
    if not rare and not step.prn:
        daily = reading.daily()
        if daily:
            step.daily, step.daily_unit = round(daily[0], 4), daily[1]
    if rare:
        step.times = None


def _joined(text: str, pieces: list[tuple[int, int]]) -> str | None:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(pieces):
        if merged and start - merged[-1][1] <= 4 and "\n" not in text[merged[-1][1] : start]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return " ".join(" ".join(text[start:end].split()) for start, end in merged) or None


def scaled(step: Step, times: float) -> Step:
    """The step with its dose taken `times` a day, as the same drug was before its dose was changed."""
    if step.daily is not None or step.dose is None or step.prn or step.dose_unit in (None, "%", "mL"):
        return step
    return replace(step, daily=round(step.dose * times, 4), daily_unit=step.dose_unit, times=times)
