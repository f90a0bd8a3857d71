"""How synthetic doctors say things: sentences filled with a patient's facts.

Belongs here: choosing sentences of `data/*.json` and saying in them the patient's health, with the truth of what
was said. Does not belong here: the sentences (data), which document says what (letters.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from limpide.synth.cases import LOINC, Case, Result, french, measured, printed
from limpide.synth.catalogue import Act, Analyte, Disease, acts, episodes
from limpide.synth.content import Prose, Said, Table, TruthFact
from limpide.synth.history import Treatment, full_panel, lab_panel, lab_value

CIM10, ATC, CCAM = "CIM-10", "ATC", "CCAM"
_FILES = ("phrases", "background", "story", "examination", "course", "imaging")


@cache
def phrases() -> dict[str, Any]:
    """The sentences, by purpose; none is written in two files."""
    loaded: dict[str, Any] = {}
    for name in _FILES:
        text = files("limpide.synth").joinpath("data", f"{name}.json").read_text(encoding="utf-8")
        loaded |= json.loads(text)
    return loaded


class Speaker:
    """Says the facts of one case with one random source; `facts` holds what was said."""

    def __init__(self, case: Case, rng: Random) -> None:
        self.case = case
        self.rng = rng
        self.facts: list[TruthFact] = []
        self.e = "e" if case.patient.sex == "F" else ""

    # -- slots -------------------------------------------------------------------------------------------------

    def pick(self, purpose: str) -> str:
        chosen: str = self.rng.choice(phrases()[purpose])
        return chosen

    def people(self) -> dict[str, str]:
        case = self.case
        return {
            "civility": case.patient.civility,
            "short": case.patient.short,
            "name": case.patient.full,
            "age": str(case.patient.age(case.day)),
            "e": self.e,
            "start": french(case.stay.start),
            "end": french(case.stay.end),
        }

    def condition(self, disease: Disease, section: str, **marks: Any) -> Said:
        gender, words = self.rng.choice(disease.surfaces)
        fact = TruthFact("condition", "text", None, disease.code, CIM10, section=section, **marks)
        return Said(words, fact, gender)

    def drug(self, treatment: Treatment, section: str, **marks: Any) -> Said:
        style = self.rng.random()
        words = treatment.printed
        if style < 0.35:
            words = f"{treatment.drug.dci} {treatment.strength}"
        elif style < 0.5:
            words = treatment.drug.brand
        fact = TruthFact("drug", "text", None, treatment.drug.atc, ATC, section=section, **marks)
        if treatment.strength in words:
            fact.strength = treatment.strength
        return Said(words, fact)

    def act(self, act: Act, section: str, **marks: Any) -> Said:
        gender, words = self.rng.choice(act.surfaces)
        return Said(words, TruthFact("procedure", "text", None, act.ccam, CCAM, section=section, **marks), gender)

    def lab(self, test: Analyte, on: date, section: str, acute: Disease | None = None, **marks: Any) -> Said:
        value = lab_value(self.case.seed, self.case.patient, self.case.state, test, on, acute)
        fact = TruthFact("measurement", "text", None, test.loinc, LOINC, section=section, **marks)
        number, fact.value, fact.comparator = measured(test, value)
        fact.unit = test.unit
        between = self.rng.choice((" ", " à ", " : "))
        name = self.rng.choice(test.surfaces)
        sign = "< " if fact.comparator else ""
        words = f"{name}{between}{sign}{number} {test.printed_unit}".rstrip()
        return Said(words, fact)

    def others(self, count: int) -> list[Disease]:
        """Diseases that the patient does not have: what a doctor denies or suspects."""
        mine = {disease.code for disease, _ in self.case.state.diseases} | {self.case.stay.disease.code}
        pool = [each for each in episodes() if each.code not in mine]
        return self.rng.sample(pool, count)

    # -- sections ----------------------------------------------------------------------------------------------

    def background(self, prose: Prose) -> None:
        prose.section = section = "11348-0"
        for disease, onset in self.case.state.diseases:
            said = self.condition(disease, section)
            prose.say(self.pick("history_one"), condition=said, year=str(onset.year), e=self.e)
        for act, day in self.case.state.surgery:
            said = self.act(act, section, history=True)
            prose.say(self.pick("history_surgery"), act=said, year=str(day.year), e=self.e)
        if self.rng.random() < 0.5:
            first, second = self.others(2)
            prose.say(
                self.pick("history_negative"),
                condition=self.condition(first, section, negated=True),
                condition2=self.condition(second, section, negated=True),
            )
        family = self.case.state.family
        if family and self.rng.random() < 0.7:
            disease, code, _ = family
            said = self.condition(disease, section, family=True, relative=code)
            data = phrases()
            prose.say(
                self.pick("history_family"),
                condition=said,
                relative=data["family_with"][code],
                relative_own=data["family_of"][code],
            )

    def habits(self, prose: Prose) -> None:
        prose.section = "11348-0"
        if self.case.state.pack_years:
            prose.say(self.pick("habits_smoker"), packs=str(self.case.state.pack_years))
        else:
            prose.say(self.pick("habits_none"), e=self.e)

    def allergy(self, prose: Prose) -> None:
        known, prose.section = self.case.state.allergy, "48765-2"
        if known is None:
            prose.say(self.pick("allergy_no"))
            return
        agent, atc, words, _, _ = known
        fact = TruthFact("allergy", "text", None, atc, ATC if atc else None, section="48765-2")
        prose.say(self.pick("allergy_yes"), allergen=Said(agent, fact), allergy=Said(words, fact, "f"))

    def home_treatment(self, prose: Prose, section: str) -> None:
        taken = self.case.state.treatments[:5]
        if not taken:
            return
        template = self.pick("treatment_home")
        holes = ", ".join(f"{{d{index}}} {{p{index}}}" for index in range(len(taken)))
        slots: dict[str, str | Said] = {}
        for index, treatment in enumerate(taken):
            said = self.drug(treatment, section)
            said.fact.frequency = treatment.posology.text
            slots[f"d{index}"] = said
            slots[f"p{index}"] = treatment.posology.text
        prose.say(template.replace("{drugs}", holes), **slots)

    def vitals(self, prose: Prose) -> None:
        rng, section = self.rng, "8716-3"
        hypertensive = self.case.state.has("hta")
        high = rng.randrange(138, 172, 2) if hypertensive else rng.randrange(106, 140, 2)
        low = rng.randrange(60, 96, 2)
        if rng.random() < 0.4:
            high, low = round(high, -1), round(low, -1)
            pressure = f"{high // 10}/{low // 10}"
        else:
            pressure = f"{high}/{low}"
        systolic = TruthFact("vital", "text", None, "8480-6", LOINC, value=float(high), unit="mm[Hg]", section=section)
        diastolic = TruthFact(
            "vital", "text", pressure, "8462-4", LOINC, value=float(low), unit="mm[Hg]", section=section
        )
        rate, temperature, saturation = rng.randrange(56, 112), rng.uniform(36.2, 37.6), rng.randrange(91, 100)
        warm = printed(temperature, 1)
        prose.say(
            self.pick("exam_vitals"),
            bp=Said(pressure, systolic),
            hr=Said(str(rate), _vital("8867-4", float(rate), "/min")),
            temp=Said(warm, _vital("8310-5", round(temperature, 1), "Cel")),
            spo2=Said(str(saturation), _vital("20564-1", float(saturation), "%")),
        )
        self.facts.append(diastolic)
        if rng.random() < 0.5:
            weight, height = self.case.state.weight_kg, self.case.state.height_cm
            index = weight / (height / 100) ** 2
            prose.say(
                self.pick("exam_weight"),
                weight=Said(printed(weight, 1), _vital("29463-7", weight, "kg")),
                height=Said(str(height), _vital("8302-2", float(height), "cm")),
                bmi=Said(printed(index, 1), _vital("39156-5", round(index, 1), "kg/m2")),
            )

    def biology(self, prose: Prose, acute: Disease | None) -> None:
        section = "30954-2"
        tests = lab_panel(self.rng, self.case.state, acute)
        tests = self.rng.sample(tests, min(len(tests), self.rng.choice((3, 4, 5))))
        slots: dict[str, str | Said] = {
            f"l{index}": self.lab(test, self.case.stay.end, section, acute) for index, test in enumerate(tests)
        }
        holes = ", ".join(f"{{{name}}}" for name in slots)
        prose.say(self.pick("labs_sentence").replace("{labs}", holes), **slots)
        if self.rng.random() < 0.35:
            self.compared(prose, self.rng.choice(tests), section)

    def compared(self, prose: Prose, test: Analyte, section: str) -> None:
        """A value and the one before it."""
        case = self.case
        now = lab_value(case.seed, case.patient, case.state, test, case.day)
        before = lab_value(case.seed, case.patient, case.state, test, case.prior_day)
        now_words, now_value, now_sign = measured(test, now)
        before_words, before_value, before_sign = measured(test, before)
        template = self.pick("labs_prior").replace("{unit}", test.printed_unit).replace(" {unit}", "")
        prose.say(
            template,
            name=self.rng.choice(test.surfaces),
            value=Said(
                ("< " if now_sign else "") + now_words,
                TruthFact(
                    "measurement",
                    "text",
                    None,
                    test.loinc,
                    LOINC,
                    now_value,
                    None,
                    now_sign,
                    test.unit,
                    section=section,
                ),
            ),
            prior=Said(
                ("< " if before_sign else "") + before_words,
                TruthFact(
                    "measurement",
                    "text",
                    None,
                    test.loinc,
                    LOINC,
                    before_value,
                    None,
                    before_sign,
                    test.unit,
                    time_start=case.prior_day.isoformat(),
                    prior=True,
                    section=section,
                ),
            ),
            date=french(case.prior_day),
        )

    def plan(self, prose: Prose) -> None:
        prose.section = section = "18776-5"
        it = "la" if self.e else "le"
        for sentence in self.rng.sample(phrases()["follow_up"], 2):
            prose.say(sentence, months=str(self.rng.choice((1, 2, 3, 6))), le=it)
        if self.rng.random() < 0.5:
            act = self.rng.choice(acts("imaging") + acts("exam"))
            said = self.act(act, section, planned=True)
            prose.say(self.pick("act_planned"), act=said, months=str(self.rng.choice((1, 3, 6, 12))))

    def prose(self) -> Prose:
        return Prose(self.facts, self.rng)

    def drug_table(self, section: str) -> Table:
        """Treatments as rows: drug, posology, duration."""
        rows: list[tuple[str, ...]] = []
        for treatment in (*self.case.state.treatments[:6], *self.case.stay.started):
            lasting = self.rng.choice(("7 jours", "1 mois", "3 mois", "6 mois", "au long cours"))
            rows.append((treatment.printed, treatment.posology.text, lasting))
            self.facts.append(
                TruthFact(
                    "drug",
                    "text",
                    treatment.printed,
                    treatment.drug.atc,
                    ATC,
                    strength=treatment.strength,
                    frequency=treatment.posology.text,
                    section=section,
                )
            )
        return Table(("Médicament", "Posologie", "Durée"), rows, (0.4, 0.4, 0.2))

    def results(self, *, full: bool = False) -> Iterator[Result]:
        """The results of one sample, each with the one before it where there is one; `full` for a whole report."""
        case = self.case
        acute = case.stay.disease if self.rng.random() < 0.5 else None
        for test in (full_panel if full else lab_panel)(self.rng, case.state, acute):
            now = lab_value(case.seed, case.patient, case.state, test, case.day, acute)
            before = None
            if self.rng.random() < 0.7:
                before = lab_value(case.seed, case.patient, case.state, test, case.prior_day)
            yield Result(test, now, before)


def _vital(code: str, value: float, unit: str) -> TruthFact:
    return TruthFact("vital", "text", None, code, LOINC, value=value, unit=unit, section="8716-3")
