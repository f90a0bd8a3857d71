"""What synthetic doctors write: letters, reports, prescriptions, as neutral content with its facts.

Belongs here: choosing sentences of `data/phrases.json` and saying in them the patient's health. Does not belong here:
sentences (data), layout (pdf.py, formats/).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from limpide.synth.catalogue import Act, Analyte, Disease, acts, analytes, episodes
from limpide.synth.content import Content, Paragraph, Prose, Said, Section, Table, TruthFact
from limpide.synth.history import Health, Stay, Treatment, flag, lab_panel, lab_value
from limpide.synth.population import Clinician, Patient, Site

CIM10, ATC, LOINC, CCAM = "CIM-10", "ATC", "LOINC", "CCAM"


@dataclass(frozen=True, slots=True)
class Case:
    """Everything a document speaks of: who, where, which stay, what day. `seed` is the feed's."""

    seed: int
    patient: Patient
    site: Site
    author: Clinician
    state: Health
    stay: Stay
    day: date
    prior_day: date


@cache
def phrases() -> dict[str, Any]:
    """The sentences, by purpose."""
    loaded: dict[str, Any] = json.loads(
        files("limpide.synth").joinpath("data", "phrases.json").read_text(encoding="utf-8")
    )
    return loaded


def french(day: date) -> str:
    """01/11/2026."""
    return day.strftime("%d/%m/%Y")


def printed(value: float, decimals: int) -> str:
    """7,20 : a decimal comma, as many decimals as the laboratory gives."""
    return f"{value:.{decimals}f}".replace(".", ",")


class Writer:
    """Writes the documents of one case with one random source."""

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
        words = self.rng.choice(disease.surfaces)
        return Said(words, TruthFact("condition", "text", None, disease.code, CIM10, section=section, **marks))

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
        return Said(
            self.rng.choice(act.surfaces),
            TruthFact("procedure", "text", None, act.ccam, CCAM, section=section, **marks),
        )

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
        section = "11348-0"
        for disease, onset in self.case.state.diseases:
            said = self.condition(disease, section)
            prose.say(self.pick("history_one"), condition=said, year=str(onset.year), e=self.e)
        for act, day in self.case.state.surgery:
            said = self.act(act, section, history=True)
            prose.say(self.pick("history_surgery"), act=said, year=str(day.year), e=self.e)
        if self.rng.random() < 0.5:
            first, second = self.others(2)
            template = self.pick("history_negative")
            slots = {"condition": self.condition(first, section, negated=True)}
            if "{condition2}" in template:
                slots["condition2"] = self.condition(second, section, negated=True)
            prose.say(template, **slots)
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
        self.allergy(prose)
        if self.case.state.pack_years:
            prose.say(self.pick("habits_smoker"), packs=str(self.case.state.pack_years))
        else:
            prose.say(self.pick("habits_none"))

    def allergy(self, prose: Prose) -> None:
        known = self.case.state.allergy
        if known is None:
            prose.say(self.pick("allergy_no"))
            return
        agent, atc, words, _, _ = known
        fact = TruthFact("allergy", "text", None, atc, ATC if atc else None, section="48765-2")
        prose.say(self.pick("allergy_yes"), allergen=Said(agent, fact), allergy=Said(words, fact))

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
        for sentence in rng.sample(phrases()["exam_body"], rng.choice((2, 3, 4))):
            prose.say(sentence)

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
        section = "18776-5"
        for sentence in self.rng.sample(phrases()["follow_up"], 2):
            prose.say(sentence, months=str(self.rng.choice((1, 2, 3, 6))))
        if self.rng.random() < 0.5:
            act = self.rng.choice(acts("imaging") + acts("exam"))
            said = self.act(act, section, planned=True)
            prose.say(self.pick("act_planned"), act=said, months=str(self.rng.choice((1, 3, 6, 12))))

    # -- documents ---------------------------------------------------------------------------------------------

    def prose(self) -> Prose:
        return Prose(self.facts)

    def content(self, title: str, sections: list[Section]) -> Content:
        return Content(title, sections, self.facts, self.case.author.titled)

    def discharge(self) -> Content:
        """A hospital discharge letter."""
        stay, prose = self.case.stay, self.prose()
        prose.say(self.pick("salutation"))
        opening = prose.done()
        prose.say(self.pick("opening_stay"), reason=stay.reason, **self.people())
        reason = Section("Motif d'hospitalisation", "42349-1", [opening, prose.done()])
        self.background(prose)
        past = Section("Antécédents", "11348-0", [prose.done()])
        self.home_treatment(prose, "42346-7")
        entry = Section("Traitement à l'entrée", "42346-7", [prose.done()])
        for sentence in self.rng.sample(phrases()["story_stay"], 2):
            prose.say(sentence, days=str(self.rng.randrange(2, 9)))
        first, second = self.others(2)
        if self.rng.random() < 0.4:
            prose.say(self.pick("story_hypothesis"), condition=self.condition(first, "10164-2", hypothetical=True))
        prose.say(self.pick("story_diagnosis"), condition=self.condition(stay.disease, "10164-2"))
        if self.rng.random() < 0.5:
            prose.say(self.pick("story_ruled_out"), condition=self.condition(second, "10164-2", negated=True))
        story = Section("Histoire de la maladie", "10164-2", [prose.done()])
        self.vitals(prose)
        exam = Section("Examen clinique", "29545-1", [prose.done()])
        self.biology(prose, stay.disease)
        if self.rng.random() < 0.5:
            prose.say(self.pick("exam_done"), act=self.act(self.rng.choice(acts("exam")), "30954-2"))
        tests = Section("Examens complémentaires", "30954-2", [prose.done()])
        for sentence in self.rng.sample(phrases()["course"], 3):
            prose.say(sentence)
        for treatment in stay.started:
            said = self.drug(treatment, "8648-8")
            prose.say(self.pick("drug_started"), drug=said, posology=treatment.posology.text)
        course = Section("Évolution dans le service", "8648-8", [prose.done()])
        leaving = Section("Traitement de sortie", "10183-2", [self.drug_table("10183-2")])
        self.plan(prose)
        follow = Section("Conclusion et suivi", "18776-5", [prose.done()])
        prose.say(self.pick("closing"))
        follow.blocks.append(prose.done())
        sections = [reason, past, entry, story, exam, tests, course, leaving, follow]
        return self.content("Compte rendu d'hospitalisation", [each for each in sections if _full(each)])

    def drug_table(self, section: str) -> Table:
        """Treatments as rows: drug, posology, duration."""
        rows = []
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

    def consultation(self) -> Content:
        """A consultation letter."""
        prose = self.prose()
        prose.say(self.pick("salutation"))
        opening = prose.done()
        prose.say(self.pick("opening_visit"), **self.people())
        reason = Section("Motif", "42349-1", [opening, prose.done()])
        self.background(prose)
        past = Section("Antécédents", "11348-0", [prose.done()])
        self.home_treatment(prose, "10160-0")
        taking = Section("Traitement", "10160-0", [prose.done()])
        self.vitals(prose)
        exam = Section("Examen", "29545-1", [prose.done()])
        self.biology(prose, None)
        tests = Section("Résultats", "30954-2", [prose.done()])
        self.plan(prose)
        prose.say(self.pick("closing"))
        follow = Section("Conclusion", "18776-5", [prose.done()])
        sections = [reason, past, taking, exam, tests, follow]
        return self.content("Compte rendu de consultation", [each for each in sections if _full(each)])

    def imaging(self) -> tuple[Content, Act]:
        """An imaging report, and the act it reports."""
        rng, stay, data = self.rng, self.case.stay, phrases()
        act = rng.choice(acts("imaging"))
        prose = self.prose()
        (suspected,) = self.others(1)
        template = self.pick("imaging_indication")
        slots: dict[str, str | Said] = {"reason": stay.reason}
        if "{condition}" in template:
            slots["condition"] = self.condition(suspected, "55111-9", hypothetical=True)
        prose.say(template, **slots)
        sections = [Section("Indication", "55111-9", [prose.done()])]
        prose.say(rng.choice(data["imaging_technique"][act.modality]), dose=str(rng.randrange(180, 900)))
        sections.append(Section("Technique", "55111-9", [prose.done()]))
        findings = data["imaging_findings"][act.region]
        for sentence in rng.sample(findings, min(len(findings), rng.choice((3, 4, 5)))):
            prose.say(sentence, fevg=str(rng.randrange(35, 68)))
        sections.append(Section("Résultats", "59776-5", [prose.done()]))
        if rng.random() < 0.5:
            prose.say(self.pick("imaging_conclusion"), condition=self.condition(stay.disease, "19005-8"))
        else:
            prose.say(self.pick("imaging_conclusion_no"), condition=self.condition(suspected, "19005-8", negated=True))
        sections.append(Section("Conclusion", "19005-8", [prose.done()]))
        title = f"Compte rendu d'imagerie : {act.surfaces[0]}"
        return self.content(title, sections), act

    def laboratory(self) -> tuple[Content, list["Result"]]:
        """A laboratory report: table with previous values, and the results as numbers."""
        results = list(self.results())
        names = {"18719-5": "Biochimie", "18723-7": "Hématologie", "18720-3": "Hémostase"}
        sections = []
        for chapter, title in names.items():
            rows = []
            for result in results:
                if result.test.chapter == chapter:
                    rows.append(result.row(self.case.prior_day))
                    self.facts.extend(result.facts("text", self.case, chapter))
            if rows:
                header = ("Analyse", "Résultat", "Unité", "Valeurs de référence", "Antériorité")
                sections.append(Section(title, chapter, [Table(header, rows, (0.32, 0.14, 0.16, 0.19, 0.19))]))
        prose = self.prose()
        prose.say(self.pick("lab_comment"))
        sections[-1].blocks.append(prose.done())
        return self.content("Compte rendu d'examens de biologie médicale", sections), results

    def results(self) -> Iterator["Result"]:
        case = self.case
        acute = case.stay.disease if self.rng.random() < 0.5 else None
        for test in lab_panel(self.rng, case.state, acute):
            now = lab_value(case.seed, case.patient, case.state, test, case.day, acute)
            before = None
            if self.rng.random() < 0.7:
                before = lab_value(case.seed, case.patient, case.state, test, case.prior_day)
            yield Result(test, now, before)

    def prescription(self) -> Content:
        """A prescription: one line a drug with its posology."""
        prose, blocks = self.prose(), []
        treatments = (*self.case.state.treatments[:6], *self.case.stay.started)
        for treatment in treatments:
            said = Said(
                treatment.printed,
                TruthFact(
                    "drug",
                    "text",
                    None,
                    treatment.drug.atc,
                    ATC,
                    planned=True,
                    strength=treatment.strength,
                    frequency=treatment.posology.text,
                    section="57828-6",
                ),
            )
            prose.say("{drug} : {posology}.", drug=said, posology=treatment.posology.text)
            prose.say(self.pick("prescription_note"), n=str(self.rng.choice((1, 2, 3, 6))))
            blocks.append(prose.done())
        return self.content("Ordonnance", [Section("Prescription de médicaments", "57828-6", list(blocks))])

    def note(self) -> Content:
        """A short note, as typed in a practice: abbreviations, few sentences."""
        prose = self.prose()
        prose.say(self.pick("note_opening"), **self.people())
        first = prose.done()
        self.background(prose)
        past = Section("ATCD", "11348-0", [prose.done()])
        self.vitals(prose)
        exam = Section("Examen", "29545-1", [prose.done()])
        self.biology(prose, None)
        tests = Section("Biologie", "30954-2", [prose.done()])
        self.home_treatment(prose, "10160-0")
        taking = Section("TTT", "10160-0", [prose.done()])
        self.plan(prose)
        follow = Section("CAT", "18776-5", [prose.done()])
        sections = [Section("Motif", "42349-1", [first]), past, exam, tests, taking, follow]
        return self.content("Note de consultation", [each for each in sections if _full(each)])


@dataclass(frozen=True, slots=True)
class Result:
    """One laboratory result with the one before it, where there is one."""

    test: Analyte
    value: float
    before: float | None

    def row(self, prior_day: date) -> tuple[str, ...]:
        """As a laboratory prints it: name, value with its flag, unit, range, previous value and date."""
        test = self.test
        words, _, sign = measured(test, self.value)
        mark = {"H": " H", "L": " B", "N": ""}[flag(test, self.value)]
        previous = ""
        if self.before is not None:
            before, _, before_sign = measured(test, self.before)
            previous = f"{'< ' if before_sign else ''}{before} ({french(prior_day)})"
        return (test.name, f"{'< ' if sign else ''}{words}{mark}", test.printed_unit, reference(test), previous)

    def facts(self, origin: Any, case: Case, section: str) -> Iterator[TruthFact]:
        """The result, then the previous one."""
        test = self.test
        words, value, sign = measured(test, self.value)
        yield TruthFact(
            "measurement",
            origin,
            test.name,
            test.loinc,
            LOINC,
            value,
            None,
            sign,
            test.unit,
            test.low,
            test.high,
            flag(test, self.value),
            case.day.isoformat(),
            section=section,
        )
        if self.before is not None:
            words, value, sign = measured(test, self.before)
            yield TruthFact(
                "measurement",
                origin,
                test.name,
                test.loinc,
                LOINC,
                value,
                None,
                sign,
                test.unit,
                time_start=case.prior_day.isoformat(),
                prior=True,
                section=section,
            )


def measured(test: Analyte, value: float) -> tuple[str, float, str | None]:
    """Printed number, value, comparator: below the limit of detection a laboratory prints `< limit`."""
    if test.floor is not None and value < test.floor:
        shown = f"{test.floor:g}".replace(".", ",")
        return shown, test.floor, "<"
    return printed(value, test.decimals), value, None


def reference(test: Analyte) -> str:
    """`4,0 - 6,0`, `< 5`, `> 60`."""
    low = None if test.low is None else f"{test.low:g}".replace(".", ",")
    high = None if test.high is None else f"{test.high:g}".replace(".", ",")
    if low and high:
        return f"{low} - {high}"
    return f"< {high}" if high else f"> {low}"


def _vital(code: str, value: float, unit: str) -> TruthFact:
    return TruthFact("vital", "text", None, code, LOINC, value=value, unit=unit, section="8716-3")


def _full(section: Section) -> bool:
    return any(isinstance(block, Table) or block.text for block in section.blocks)


def prior_day(day: date, rng: Random) -> date:
    """When the previous results were taken, for a patient not yet seen in this feed."""
    return day - timedelta(days=rng.choice((28, 35, 61, 92, 120, 183)))
