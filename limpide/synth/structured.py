"""N3 documents of the feed: medical summary (VSM), laboratory report (CR-BIO), discharge letter (LDL-SES).

Belongs here: which sections and entries each has, and the truth of each entry. Does not belong here: the XML of entries
(formats/entries.py), prose documents (letters.py).
"""

from __future__ import annotations

from random import Random
from typing import Any

from limpide.synth import rare
from limpide.synth.cases import Case, french, measured
from limpide.synth.catalogue import acts
from limpide.synth.content import Content, Paragraph, Section, Table, TruthFact
from limpide.synth.formats import entries as xml
from limpide.synth.formats.entries import Entries
from limpide.synth.history import Treatment, flag
from limpide.synth.letters import Writer


class Structured:
    """One N3 document being built: its content, its entries and the truth of both."""

    def __init__(self, case: Case, rng: Random) -> None:
        self.case = case
        self.rng = rng
        self.entries = Entries(rng)
        self.facts: list[TruthFact] = []
        self.sections: list[Section] = []

    def section(self, code: str, title: str, header: tuple[str, ...] = ()) -> tuple[Section, Table]:
        section = Section(title, code)
        table = Table(header, [], tuple(1 / len(header) for _ in header))
        if header:
            section.blocks.append(table)
        self.sections.append(section)
        return section, table

    def fact(self, kind: str, section: Section, text: str | None, code: str | None, system: str, **more: Any) -> None:
        self.facts.append(TruthFact(kind, "coded", text, code, system, section=section.code, **more))

    def content(self, title: str) -> Content:
        return Content(title, self.sections, self.facts, self.case.author.titled)

    # -- sections ----------------------------------------------------------------------------------------------

    def problems(self) -> None:
        section, table = self.section("11450-4", "Pathologies en cours", ("Date", "Pathologie"))
        for disease, onset in self.case.state.diseases:
            self._problem(section, table, disease.code, disease.label, onset.strftime("%Y%m%d"), french(onset))
        if not table.rows:
            section.blocks[:] = [Paragraph("Aucune pathologie en cours.")]

    def past(self) -> None:
        section, table = self.section("11348-0", "Antécédents médicaux", ("Date", "Antécédent"))
        stay = self.case.stay
        disease = stay.disease
        self._problem(
            section,
            table,
            disease.code,
            disease.label,
            f"{stay.start:%Y%m%d}",
            french(stay.start),
            high=f"{stay.end:%Y%m%d}",
        )
        if self.rng.random() < 0.5:
            other = Writer(self.case, self.rng).others(1)[0]
            self._problem(section, table, other.code, f"Absence de : {other.label}", None, "", negated=True)

    def _problem(
        self,
        section: Section,
        table: Table,
        code: str,
        words: str,
        low: str | None,
        shown: str,
        *,
        negated: bool = False,
        high: str | None = None,
    ) -> None:
        anchor = self.entries.anchor("pb")
        self.entries.row(table, (shown, words), anchor, 1)
        made = xml.problem(self.entries, code, words, anchor, low, negated=negated, high=high)
        self.entries.add(section, made)
        self.fact(
            "condition", section, words, code, xml.CIM10, negated=negated, time_start=_iso(low), time_end=_iso(high)
        )

    def operations(self) -> None:
        if not self.case.state.surgery:
            return
        section, table = self.section("47519-4", "Antécédents chirurgicaux", ("Date", "Acte"))
        for act, day in self.case.state.surgery:
            anchor = self.entries.anchor("acte")
            self.entries.row(table, (french(day), act.label), anchor, 1)
            self.entries.add(section, xml.procedure(self.entries, act.ccam, act.label, anchor, f"{day:%Y%m%d}"))
            self.fact("procedure", section, act.label, act.ccam, xml.CCAM, time_start=day.isoformat())

    def allergies(self) -> None:
        section, table = self.section("48765-2", "Allergies et hypersensibilités", ("Type", "Agent"))
        known = self.case.state.allergy
        if known is None:
            section.blocks[:] = [Paragraph("Pas d'allergie connue.")]
            made = xml.allergy(self.entries, "416098002", "allergie médicamenteuse", "", None, None, none_known=True)
            self.entries.add(section, made)
            self.fact("allergy", section, None, "no-known-allergies", "2.16.840.1.113883.5.1150.1", negated=True)
            return
        agent, atc, _, kind, kind_text = known
        anchor = self.entries.anchor("allergie")
        self.entries.row(table, (kind_text, agent), anchor, 1)
        self.entries.add(section, xml.allergy(self.entries, kind, kind_text, agent, atc, anchor))
        self.fact("allergy", section, agent, atc, xml.ATC if atc else "")

    def treatments(self, code: str, title: str, taken: tuple[Treatment, ...], *, planned: bool = False) -> None:
        section, table = self.section(code, title, ("Médicament", "Posologie", "Depuis le"))
        for each in taken:
            anchor = self.entries.anchor("med")
            self.entries.row(table, (each.printed, each.posology.text, french(each.since)), anchor, 0)
            pose = each.posology
            made = xml.treatment(
                self.entries,
                each.drug.atc,
                each.printed,
                anchor,
                f"{each.since:%Y%m%d}",
                pose.dose,
                "[IU]" if pose.unit == "UI" else f"{{{pose.unit}}}",
                pose.period,
                pose.period_unit,
                each.drug.route,
                each.drug.route_text,
                mood="INT" if planned else "EVN",
                in_translation=self.rng.random() < 0.3,
            )
            self.entries.add(section, made)
            self.fact(
                "drug",
                section,
                each.printed,
                each.drug.atc,
                xml.ATC,
                planned=planned,
                time_start=each.since.isoformat(),
                dose=pose.dose,
                dose_unit="[IU]" if pose.unit == "UI" else f"{{{pose.unit}}}",
            )
        if not table.rows:
            section.blocks[:] = [Paragraph("Aucun traitement.")]

    def vaccines(self) -> None:
        if not self.case.state.vaccines:
            return
        section, table = self.section("11369-6", "Vaccinations", ("Date", "Vaccin", "Lot"))
        for atc, name, day, lot in self.case.state.vaccines:
            anchor = self.entries.anchor("vac")
            words = name if lot else f"{name} : refusé"
            self.entries.row(table, (french(day), words, lot or ""), anchor, 1)
            made = xml.immunization(self.entries, atc, name, anchor, f"{day:%Y%m%d}", lot, negated=lot is None)
            self.entries.add(section, made)
            self.fact(
                "immunization", section, words, atc, xml.ATC, negated=lot is None, time_start=day.isoformat(), lot=lot
            )

    def relatives(self) -> None:
        known = self.case.state.family
        if known is None:
            return
        disease, relative, word = known
        section, table = self.section("10157-6", "Antécédents familiaux", ("Parent", "Maladie"))
        anchor = self.entries.anchor("fam")
        self.entries.row(table, (word, disease.label), anchor, 1)
        made = xml.family_history(self.entries, disease.code, disease.label, anchor, relative, word)
        self.entries.add(section, made)
        self.fact("family_history", section, disease.label, disease.code, xml.CIM10, family=True, relative=relative)

    def vitals(self) -> None:
        section, table = self.section("8716-3", "Signes vitaux", ("Signe", "Valeur", "Date"))
        state, rng, day = self.case.state, self.rng, self.case.day
        high = rng.randrange(136, 168, 2) if state.has("hta") else rng.randrange(104, 138, 2)
        signs = (
            ("29463-7", "Poids", f"{state.weight_kg:.1f}", "kg"),
            ("8302-2", "Taille", str(state.height_cm), "cm"),
            ("8480-6", "Pression artérielle systolique", str(high), "mm[Hg]"),
            ("8462-4", "Pression artérielle diastolique", str(rng.randrange(58, 96, 2)), "mm[Hg]"),
            ("8867-4", "Fréquence cardiaque", str(rng.randrange(54, 108)), "/min"),
        )
        made = []
        for loinc, label, value, unit in signs:
            anchor = self.entries.anchor("sv")
            self.entries.row(table, (label, f"{value.replace('.', ',')} {unit}", french(day)), anchor, 1)
            made.append((loinc, label, value, unit, anchor))
            self.fact(
                "vital", section, label, loinc, xml.LOINC, value=float(value), unit=unit, time_start=day.isoformat()
            )
        self.entries.add(section, xml.vitals(self.entries, made, f"{day:%Y%m%d}"))

    def plan(self) -> None:
        section, table = self.section("18776-5", "Suites à donner", ("Acte", "Échéance"))
        act = self.rng.choice(acts("imaging") + acts("exam"))
        anchor = self.entries.anchor("plan")
        self.entries.row(table, (act.label, f"dans {self.rng.choice((1, 3, 6))} mois"), anchor, 0)
        self.entries.add(section, xml.procedure(self.entries, act.ccam, act.label, anchor, None, planned=True))
        self.fact("procedure", section, act.label, act.ccam, xml.CCAM, planned=True)

    # -- documents ---------------------------------------------------------------------------------------------

    def summary(self) -> Content:
        """Medical summary (VSM)."""
        self.problems()
        self.past()
        self.operations()
        self.allergies()
        self.relatives()
        self.treatments("10160-0", "Traitements au long cours", self.case.state.treatments)
        self.vaccines()
        rare.devices(self)
        rare.pregnancies(self)
        return self.content("Synthèse médicale")

    def discharge(self) -> Content:
        """Discharge letter (LDL-SES)."""
        writer = Writer(self.case, self.rng)
        prose = writer.prose()
        section, _ = self.section("42349-1", "Motif d'hospitalisation")
        prose.section = section.code
        prose.say(self.case.stay.reason + ".")
        section.blocks.append(prose.done())
        story, _ = self.section("42545-4", "Synthèse médicale du séjour")
        story.blocks.append(Paragraph(f"Diagnostic principal : {self.case.stay.disease.label}."))
        story.blocks += [*writer.story(prose), *writer.examination(prose, 3), *writer.course(prose)]
        self.facts += writer.facts
        self.problems()
        self.past()
        self.allergies()
        self.vitals()
        self.treatments(
            "10183-2", "Traitements à la sortie", (*self.case.state.treatments[:5], *self.case.stay.started)
        )
        self.plan()
        if self.rng.random() < 0.3:
            rare.prescribed_device(self)
        return self.content("Lettre de liaison à la sortie")

    def biology(self) -> Content:
        """Laboratory report (CR-BIO) with batteries, ranges and previous results."""
        case = self.case
        names = {"18719-5": "Biochimie", "18723-7": "Hématologie", "18720-3": "Hémostase"}
        results = list(Writer(case, self.rng).results(full=True))
        taken, before_that = f"{case.day:%Y%m%d}0735+0100", f"{case.prior_day:%Y%m%d}0815+0100"
        for chapter, title in names.items():
            mine = [each for each in results if each.test.chapter == chapter]
            if not mine:
                continue
            header = ("Analyse", "Résultat", "Unité", "Valeurs de référence", "Antériorité")
            section, table = self.section(chapter, title, header)
            table.widths = (0.32, 0.14, 0.16, 0.19, 0.19)
            made = []
            for each in mine:
                anchor = self.entries.anchor("res")
                self.entries.row(table, each.row(case.prior_day), anchor, 1)
                test = each.test
                shown, _, sign = measured(test, each.value)
                prior = None
                if each.before is not None:
                    before, _, before_sign = measured(test, each.before)
                    prior = xml.quantity(before.replace(",", "."), test.unit, before_sign), before_that
                mark = flag(test, each.value) if self.rng.random() < 0.6 else None
                made.append(
                    xml.result(
                        test.loinc,
                        test.label,
                        anchor,
                        taken,
                        xml.quantity(shown.replace(",", "."), test.unit, sign),
                        mark,
                        test.low,
                        test.high,
                        test.unit,
                        prior,
                    )
                )
                facts = list(each.facts("coded", case, chapter))
                for fact in facts:
                    fact.system, fact.text = xml.LOINC, None
                    fact.flag, fact.specimen = None if fact.prior else mark, "Sang"
                self.facts.extend(facts)
            self.entries.add(section, xml.laboratory_act(chapter, title, taken, made))
        return self.content("Compte rendu d'examens de biologie médicale")


def _iso(stamp: str | None) -> str | None:
    return None if stamp is None else f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}"
