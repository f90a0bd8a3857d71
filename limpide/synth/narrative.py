"""The long parts of a letter: way of life, story, examination by system, course by problem, advice.

Belongs here: how many sentences of `data/*.json` each part takes, of which purposes, in which order. Does not belong
here: the facts of slots (speech.py), which document has which part (letters.py), the sentences (data).
"""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property

from limpide.synth.cases import french
from limpide.synth.catalogue import Act, acts
from limpide.synth.content import Paragraph, Prose
from limpide.synth.speech import Speaker, phrases

SYSTEMS = ("heart", "lung", "abdomen", "neuro", "locomotor", "skin", "urogenital", "ent")


class Narrator(Speaker):
    """Tells at length what a case went through."""

    @cached_property
    def told(self) -> dict[str, str]:
        """What every sentence may name: the patient, pronouns, days of the stay."""
        case, woman, stay = self.case, self.case.patient.sex == "F", self.case.stay
        days = {
            "before": stay.start - timedelta(days=self.rng.randrange(2, 9)),
            "d1": stay.start + timedelta(days=1),
            "d2": stay.start + timedelta(days=2),
            "next": case.day + timedelta(days=self.rng.randrange(14, 120)),
            "day": case.day,
        }
        return {
            **self.people(),
            "il": "elle" if woman else "il",
            "Il": "Elle" if woman else "Il",
            "le": "la" if woman else "le",
            "lui": "elle" if woman else "lui",
            "ne": "ne" if woman else "",
            **{name: french(day) for name, day in days.items()},
        }

    @cached_property
    def length(self) -> int:
        """How much this doctor writes: 0 what is needed, 1 as most do, 2 everything."""
        return self.rng.choice((0, 1, 1, 2))

    @cached_property
    def used(self) -> set[str]:
        """Sentences already written in this document: nobody dictates one twice."""
        return set()

    def tell(self, prose: Prose, purpose: str, count: int = 1, **more: str) -> None:
        """Some sentences of one purpose."""
        self._tell(prose, phrases()[purpose], count, more)

    def tell_of(self, prose: Prose, purpose: str, key: str, count: int = 1, *, ordered: bool = False) -> None:
        """Some sentences of one purpose about one disease or organ; `ordered` keeps the order of the table."""
        self._tell(prose, phrases()[purpose].get(key, []), count, {}, ordered=ordered)

    def _tell(
        self, prose: Prose, sentences: list[str], count: int, more: dict[str, str], *, ordered: bool = False
    ) -> None:
        left = [sentence for sentence in sentences if sentence not in self.used]
        chosen = self.rng.sample(left, min(count, len(left)))
        self.used.update(chosen)
        for sentence in sorted(chosen, key=sentences.index) if ordered else chosen:
            prose.say(sentence, **self.told, **more)

    def past(self, prose: Prose) -> list[Paragraph]:
        """What the patient had: diseases, acts, relatives, then allergies and habits."""
        self.background(prose)
        for _ in range(self.rng.choice((0, 1, 1, 2))):
            self.tell(prose, "past_event")
        self.tell(prose, "risk_no", self.rng.choice((0, 1, 2)))
        medical = prose.done()
        self.allergy(prose)
        self.habits(prose)
        return [medical, prose.done()]

    def lifestyle(self, prose: Prose) -> Paragraph:
        """How the patient lives."""
        prose.section = "29762-2"
        self.tell(prose, "lifestyle", self.rng.choice((1, 2)) + self.length)
        return prose.done()

    def story(self, prose: Prose) -> list[Paragraph]:
        """How it began, what came with it, how the patient arrived, what it was and was not."""
        rng, stay = self.rng, self.case.stay
        prose.section = "10164-2"
        self.tell(prose, "context", rng.choice((1, 1, 2)))
        self.tell_of(prose, "onset", stay.disease.key, rng.choice((2, 2, 3)), ordered=True)
        self.tell(prose, "associated", rng.choice((1, 2, 2)))
        began = prose.done()
        self.tell(prose, "story_stay", 1, days=str(rng.randrange(2, 9)))
        self.tell(prose, "emergency", rng.choice((1, 2, 2)))
        first, second = self.others(2)
        if rng.random() < 0.4:
            prose.say(self.pick("story_hypothesis"), condition=self.condition(first, "10164-2", hypothetical=True))
        prose.say(self.pick("story_diagnosis"), condition=self.condition(stay.disease, "10164-2"))
        if rng.random() < 0.5:
            prose.say(self.pick("story_ruled_out"), condition=self.condition(second, "10164-2", negated=True))
        return [began, prose.done()]

    def examination(self, prose: Prose, systems: int) -> list[Paragraph]:
        """Vital signs, then the examination of some systems, one more or less by length: run on, or a line each."""
        rng = self.rng
        prose.section = "29545-1"
        self.vitals(prose)
        self.tell(prose, "exam_general", rng.choice((1, 2)))
        paragraphs = [prose.done()]
        chosen = set(rng.sample(SYSTEMS, systems + self.length - 1))
        lines = rng.random() < 0.5
        for system in SYSTEMS:
            if system not in chosen:
                continue
            purpose = f"exam_{system}"
            if lines:
                self.tell(prose, purpose, rng.choice((1, 2, 2)))
                said = prose.done().text
                # The lead is written last: a fact that opened the sentence has its capital already.
                paragraphs.append(Paragraph(rng.choice(phrases()["exam_lead"][purpose]) + said))
            else:
                self.tell(prose, purpose, rng.choice((1, 1, 2)))
        if not lines:
            paragraphs.append(prose.done())
        return paragraphs

    def investigations(self, prose: Prose) -> list[Paragraph]:
        """Biology, tracings, cultures, and what an image showed."""
        rng, stay = self.rng, self.case.stay
        prose.section = "30954-2"
        self.biology(prose, stay.disease)
        if rng.random() < 0.3 * self.length:
            self.biology(prose, stay.disease)
        paragraphs = [prose.done()]
        self.tell(prose, "ecg")
        for purpose in ("bacteriology", "gas"):
            if rng.random() < 0.5:
                self.tell(prose, purpose)
        if rng.random() < 0.5:
            prose.say(self.pick("exam_done"), act=self.act(rng.choice(acts("exam")), "30954-2"))
        paragraphs.append(prose.done())
        if rng.random() < 0.4 + 0.25 * self.length:
            act = rng.choice([each for each in acts("imaging") if each.key in stay.disease.imaging])
            said = self.act(act, "30954-2")
            prose.say(rng.choice(("{act} <du|réalisé le|fait le> {d1} :", "{act} ({d1}) :")), act=said, **self.told)
            self.findings(prose, act, rng.choice((1, 2)) + self.length)
            paragraphs.append(prose.done())
        return paragraphs

    def findings(self, prose: Prose, act: Act, count: int) -> None:
        """What an image shows of its region."""
        self.tell_of(prose, "imaging_findings", act.region, count)

    def course(self, prose: Prose) -> list[Paragraph]:
        """How the stay went: the disease that led to it, then the others, then the drugs started."""
        rng, case = self.rng, self.case
        prose.section = "8648-8"
        self.tell_of(prose, "handled", case.stay.disease.key, 2, ordered=True)
        self.tell(prose, "course", rng.choice((2, 3)))
        paragraphs = [prose.done(), self.problems(prose, rng.choice((1, 2)) + self.length)]
        for treatment in case.stay.started:
            said = self.drug(treatment, "8648-8")
            prose.say(self.pick("drug_started"), drug=said, posology=treatment.posology.text)
        self.tell(prose, "course", rng.choice((0, 1)))
        return [*paragraphs, prose.done()]

    def problems(self, prose: Prose, count: int) -> Paragraph:
        """A sentence on each of the first lasting diseases."""
        for disease, _ in self.case.state.diseases[:count]:
            self.tell_of(prose, "chronic", disease.key)
        return prose.done()

    def advice(self, prose: Prose) -> list[Paragraph]:
        """What to watch, when to call, when to come back."""
        rng = self.rng
        self.tell(prose, "monitoring", rng.choice((1, 2)))
        self.tell(prose, "warning", rng.choice((1, 1, 2)))
        first = prose.done()
        self.tell(prose, "appointment", rng.choice((1, 2)))
        return [first, prose.done()]
