"""What synthetic doctors write: letters, reports, prescriptions, as neutral content with its facts.

Belongs here: which sections each document has, in which order.
Does not belong here: sentences (speech.py and its data), layout (pdf.py, formats/).
"""

from __future__ import annotations

from limpide.synth.cases import Result
from limpide.synth.catalogue import Act, acts
from limpide.synth.content import Content, Said, Section, Table, TruthFact
from limpide.synth.narrative import SYSTEMS, Narrator
from limpide.synth.speech import ATC, phrases

# Chapters of a laboratory report, hematology first.
_CHAPTERS = ("18723-7", "18720-3", "18719-5")


class Writer(Narrator):
    """Writes the documents of one case."""

    def content(self, title: str, sections: list[Section]) -> Content:
        return Content(title, sections, self.facts, self.case.author.titled)

    def discharge(self) -> Content:
        """A hospital discharge letter."""
        stay, prose = self.case.stay, self.prose()
        prose.section = "42349-1"
        prose.say(self.pick("salutation"))
        opening = prose.done()
        prose.say(self.pick("opening_stay"), reason=stay.reason, **self.people())
        reason = Section("Motif d'hospitalisation", "42349-1", [opening, prose.done()])
        past = Section("Antécédents", "11348-0", list(self.past(prose)))
        living = Section("Mode de vie", "29762-2", [self.lifestyle(prose)])
        self.home_treatment(prose, "42346-7")
        entry = Section("Traitement à l'entrée", "42346-7", [prose.done()])
        story = Section("Histoire de la maladie", "10164-2", list(self.story(prose)))
        exam = Section("Examen clinique", "29545-1", list(self.examination(prose, self.rng.choice((4, 5)))))
        shown = self.investigations(prose)
        tests = Section("Examens complémentaires", "30954-2", list(shown))
        course = Section("Évolution dans le service", "8648-8", list(self.course(prose)))
        leaving = Section("Traitement de sortie", "10183-2", [self.drug_table("10183-2")])
        prose.section = "18776-5"
        said = self.condition(stay.disease, "18776-5")
        prose.say(self.pick("conclusion"), condition=said, **self.told)
        self.plan(prose)
        follow = Section("Conclusion et suivi", "18776-5", [prose.done(), *self.advice(prose)])
        self.tell(prose, "copies")
        prose.say(self.pick("closing"))
        follow.blocks.append(prose.done())
        sections = [reason, past, living, entry, story, exam, tests, course, leaving, follow]
        return self.content("Compte rendu d'hospitalisation", [each for each in sections if _full(each)])

    def consultation(self) -> Content:
        """A consultation letter."""
        prose = self.prose()
        prose.section = "42349-1"
        prose.say(self.pick("salutation"))
        opening = prose.done()
        prose.say(self.pick("opening_visit"), **self.people())
        reason = Section("Motif", "42349-1", [opening, prose.done()])
        past = Section("Antécédents", "11348-0", list(self.past(prose)))
        if self.rng.random() < 0.5:
            past.blocks.append(self.lifestyle(prose))
        self.home_treatment(prose, "10160-0")
        taking = Section("Traitement", "10160-0", [prose.done()])
        prose.section = "10164-2"
        self.tell(prose, "visit_talk", self.rng.choice((2, 3, 3)))
        self.tell(prose, "associated", self.rng.choice((0, 1)))
        story = Section("Interrogatoire", "10164-2", [prose.done(), self.problems(prose, 2)])
        exam = Section("Examen", "29545-1", list(self.examination(prose, self.rng.choice((3, 4, 5)))))
        prose.section = "30954-2"
        self.biology(prose, None)
        self.tell(prose, "ecg", self.rng.choice((0, 1)))
        tests = Section("Résultats", "30954-2", [prose.done()])
        prose.section = "18776-5"
        self.tell(prose, "decision", self.rng.choice((1, 2)))
        self.plan(prose)
        self.tell(prose, "monitoring", self.rng.choice((0, 1)))
        self.tell(prose, "warning", self.rng.choice((0, 1)))
        follow = Section("Conclusion", "18776-5", [prose.done()])
        self.tell(prose, "copies", self.rng.choice((0, 1)))
        prose.say(self.pick("closing"))
        follow.blocks.append(prose.done())
        sections = [reason, past, taking, story, exam, tests, follow]
        return self.content("Compte rendu de consultation", [each for each in sections if _full(each)])

    def imaging(self) -> tuple[Content, Act]:
        """An imaging report, and the act it reports."""
        rng, stay, data = self.rng, self.case.stay, phrases()
        act = rng.choice([each for each in acts("imaging") if each.key in stay.disease.imaging])
        prose = self.prose()
        prose.section = "55111-9"
        (suspected,) = self.others(1)
        maybe = self.condition(suspected, "55111-9", hypothetical=True)
        prose.say(self.pick("imaging_indication"), reason=stay.reason, condition=maybe)
        sections = [Section("Indication", "55111-9", [prose.done()])]
        prose.say(rng.choice(data["imaging_technique"][act.modality]), dose=str(rng.randrange(180, 900)), **self.told)
        self.tell(prose, "imaging_protocol", rng.choice((1, 2)))
        sections.append(Section("Technique", "55111-9", [prose.done()]))
        prose.section = "59776-5"
        found = Section("Résultats", "59776-5")
        for _ in range(3):
            self.findings(prose, act, rng.choice((4, 5, 6)))
            found.blocks.append(prose.done())
        sections.append(found)
        prose.section = "19005-8"
        if rng.random() < 0.5:
            prose.say(self.pick("imaging_conclusion"), condition=self.condition(stay.disease, "19005-8"))
        else:
            prose.say(self.pick("imaging_conclusion_no"), condition=self.condition(suspected, "19005-8", negated=True))
        self.tell(prose, "imaging_recommendation", rng.choice((1, 2)))
        sections.append(Section("Conclusion", "19005-8", [prose.done()]))
        title = f"Compte rendu d'imagerie : {act.surfaces[0][1]}"
        content = self.content(title, sections)
        content.act = act.ccam
        return content, act

    def laboratory(self) -> Content:
        """A laboratory report: a table a panel, with previous values; sampling first, comments last."""
        prose, sections = self.prose(), []
        panels: dict[tuple[str, str], list[Result]] = {}
        for result in self.results(full=True):
            panels.setdefault((result.test.chapter, result.test.panel), []).append(result)
        for chapter in _CHAPTERS:
            for (place, panel), results in panels.items():
                if place != chapter:
                    continue
                rows = []
                for result in results:
                    rows.append(result.row(self.case.prior_day))
                    self.facts.extend(result.facts("text", self.case, chapter))
                header = ("Analyse", "Résultat", "Unité", "Valeurs de référence", "Antériorité")
                sections.append(Section(panel, chapter, [Table(header, rows, (0.32, 0.14, 0.16, 0.19, 0.19))]))
                if self.rng.random() < 0.4:
                    self.tell(prose, "lab_method")
                    sections[-1].blocks.append(prose.done())
        self.tell(prose, "lab_sampling")
        sections.insert(0, Section("Prélèvement", None, [prose.done()]))
        self.tell(prose, "lab_comment", 2)
        sections[-1].blocks.append(prose.done())
        return self.content("Compte rendu d'examens de biologie médicale", sections)

    def prescription(self) -> Content:
        """A prescription: one line a drug with its posology."""
        prose, blocks = self.prose(), []
        prose.section = "57828-6"
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
        self.tell(prose, "prescription_foot", 2, n=str(self.rng.choice((1, 2))))
        blocks.append(prose.done())
        return self.content("Ordonnance", [Section("Prescription de médicaments", "57828-6", list(blocks))])

    def note(self) -> Content:
        """A short note, as typed in a practice: abbreviations, few sentences."""
        prose = self.prose()
        prose.say(self.pick("note_opening"), **self.people())
        first = prose.done()
        self.background(prose)
        self.allergy(prose)
        self.habits(prose)
        past = Section("ATCD", "11348-0", [prose.done()])
        prose.section = "29545-1"
        self.vitals(prose)
        for system in self.rng.sample(SYSTEMS, self.rng.choice((2, 3))):
            self.tell(prose, f"exam_{system}")
        exam = Section("Examen", "29545-1", [prose.done()])
        self.biology(prose, None)
        tests = Section("Biologie", "30954-2", [prose.done()])
        self.home_treatment(prose, "10160-0")
        taking = Section("TTT", "10160-0", [prose.done()])
        self.plan(prose)
        follow = Section("CAT", "18776-5", [prose.done()])
        sections = [Section("Motif", "42349-1", [first]), past, exam, tests, taking, follow]
        return self.content("Note de consultation", [each for each in sections if _full(each)])


def _full(section: Section) -> bool:
    return any(isinstance(block, Table) or block.text for block in section.blocks)
