"""What synthetic doctors write: letters, reports, prescriptions, as neutral content with its facts.

Belongs here: which sections each document has, in which order.
Does not belong here: sentences (speech.py and its data), layout (pdf.py, formats/).
"""

from __future__ import annotations

from limpide.synth.catalogue import Act, acts
from limpide.synth.content import Content, Said, Section, Table, TruthFact
from limpide.synth.speech import ATC, Speaker, phrases


class Writer(Speaker):
    """Writes the documents of one case."""

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
        act = rng.choice([each for each in acts("imaging") if each.key in stay.disease.imaging])
        prose = self.prose()
        (suspected,) = self.others(1)
        maybe = self.condition(suspected, "55111-9", hypothetical=True)
        prose.say(self.pick("imaging_indication"), reason=stay.reason, condition=maybe)
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
        title = f"Compte rendu d'imagerie : {act.surfaces[0][1]}"
        content = self.content(title, sections)
        content.act = act.ccam
        return content, act

    def laboratory(self) -> Content:
        """A laboratory report: tables with previous values."""
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
        return self.content("Compte rendu d'examens de biologie médicale", sections)

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


def _full(section: Section) -> bool:
    return any(isinstance(block, Table) or block.text for block in section.blocks)
