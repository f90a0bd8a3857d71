"""The third net: names of persons that no header announces, from the turns of French and lists of names.

Belongs here: titles, labels, signatures, kinship, given names beside family names, and what must not be taken for a
name (eponyms, ordinary words, drugs, hospitals and streets named after people).
Does not belong here: names already known (known.py); the lists themselves (lexicon.py and its data).
"""

from __future__ import annotations

import re

from limpide.identity.lexicon import Lexicon, lexicon
from limpide.identity.spans import Kind, Span, Words


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_TITLES = _set(
    "dr docteur pr professeur prof mme madame mlle mademoiselle melle monsieur mr drs prs mrs mmes docteurs professeurs"
    " dre docteure professeure maitre"
)
_BARE_TITLES = _set("m mm me")  # only with a capital behind them
_PLURAL = _set("drs prs mrs mmes mm docteurs professeurs")
_AFTER_TITLE = _set("agrege emerite medecin chef")  # 'Professeur Agrégé Pierre X'
_NAME_LABELS = _set("nom prenom prenoms noms patronyme")
_LABEL_WORDS = _set(
    "nom prenom prenoms noms de naissance famille usage usuel marital jeune fille patronymique patient patiente epouse d"
    " l la le du s e premier utilise complet et medical ou rapport"
)
_PERSON_LABELS = _set(
    "patient patiente medecin medecins operateur operateurs operatrice redacteur redactrice auteur auteurs signataire"
    " interne internes externe externes anesthesiste chirurgien chirurgiens prescripteur prescripteurs biologiste"
    " biologistes correspondant correspondants destinataire destinataires rapporteur realisateur radiologue praticien"
    " praticiens consultant referent traitant aide senior chef ide infirmiere infirmier secretaire secretariat"
    " pathologiste manipulateur titulaire valideur assistant assistante responsable contact aidant cardiologue"
    " confiance prevenir tuteur curateur kinesitherapeute psychologue dieteticienne cc copie"
)
_BY = _set(
    "signe signee valide validee realise realisee adresse adressee prescrit prescrite redige redigee dicte dictee"
    " vu vue suivi suivie opere operee accompagne accompagnee examine examinee saisi saisie"
    " ecrit fait pratique pratiquee relu relue represente interprete interpretee electroniquement confie"
)
_KIN = _set(
    "fils fille filles epouse mari epoux conjoint conjointe frere soeur pere mere neveu niece compagnon compagne"
    " ami amie tante oncle cousin cousine gendre bru veuve veuf concubin concubine confrere consoeur"
)
_PARTICLES = _set(
    "de du des le la d l von van der den el al ben da dos do di del della abd ibn bou ould mac mc o san st saint ait"
)
_STOP = _set(
    "le la les un une de du des et ou en au aux ce cet cette qui que dont service unite pole hopital clinique"
    " centre chu ch chru chef responsable medecin president directeur directrice interne externe consultant"
    " traitant referent chirurgien professeur docteur madame monsieur nom prenom ne nee date age sexe ddn tel"
    " fax rpps adeli email mail courriel adresse chers cher chere confrere patient patiente"
    " praticien hospitalier assistant ancien rue avenue boulevard place"
)
# What stands before an eponym, a hospital or a street: the name behind is no person of the document.
_CLINICAL_LEFT = _set(
    "maladie maladies syndrome syndromes signe signes score test tests echelle classification manoeuvre loi indice index"
    " critere criteres hernie fracture fractures canal ganglion operation intervention technique methode formule position"
    " kyste tumeur lymphome sarcome anemie thyroidite goitre gangrene phenomene triade triangle point ligne angle reflexe"
    " sonde drain drains pince clou vis plaque prothese valve anneau stent coloration bacille corps cellules cellule"
    " paralysie atrophie ataxie choree dystrophie encephalopathie aphasie aire zone anse capsule nerf muscle tendon"
    " ligament trompe trompes oedeme purpura cardiomyopathie tetralogie bloc faisceau espace voie incision protocole"
    " stade grade type regle epreuve questionnaire inventaire mini tubercule nodule nodules osteochondrite rhumatisme"
    " hepatite fievre ulcere gene mutation diverticule oesophage pied genou coude main doigt cirrhose polypes angine"
    " hemoglobine groupe boite glande glandes sphincter ampoule canaux ligne procede voile lambeau suture points"
    " dissection lesion lesions rupture contracture neurome oreillons vertige surdite otite"
)
_PLACE_LEFT = _set(
    "saint sainte st ste hopital hopitaux clinique polyclinique centre chu ch chr institut fondation rue avenue boulevard"
    " place pavillon batiment residence ehpad maison laboratoire pharmacie cabinet ecole lycee college villa quai square"
    " port mont ville val unite salle service pole allee impasse chemin cours"
)
_SPECIES = _set(
    "coli aureus pylori difficile pneumoniae aeruginosa albicans influenzae fragilis faecalis faecium"
    " epidermidis cerevisiae jirovecii trachomatis burgdorferi tuberculosis cloacae mirabilis"
)
_GAP = re.compile(r"[ \t]{0,2}[-.'’]?[ \t]{0,2}")
_LINE_GAP = re.compile(r"[ \t]{0,3}[:.]?[ \t]*\n?[ \t]{0,8}")
_LIST_GAP = re.compile(r"[ \t]*(?:[,;/&+\-–]|\bet\b)[ \t\n]*")
_AFTER_LABEL = re.compile(r"(?:\(\w{1,3}\)|'|’)?[ \t]*(?:\t|[:=][ \t]*\n?[ \t]*)(?:[-:][ \t]*)?")
_LONGEST = 5  # words in one name


class _Finder:
    """One pass over the words of one text."""

    def __init__(self, words: Words, lists: Lexicon) -> None:
        self.words = words
        self.lists = lists
        self.spans: list[Span] = []

    def run(self) -> list[Span]:
        words, form = self.words, self.words.form
        given, starts, text = self.lists.given, self.words.start, self.words.text
        i, count = 0, len(words)
        while i < count:
            word = form[i]
            nxt = i + 1
            if word in _TITLES or (word in _BARE_TITLES and words.capital(i)):
                nxt = self._title(i)
            elif word in _NAME_LABELS or word in _PERSON_LABELS:
                nxt = self._label(i)
            elif word == "par" and i and form[i - 1] in _BY:
                nxt = self._sequence(i + 1, True)
            elif word in _KIN or (word == "nee" and words.text[starts[i] + 1] in "éÉE"):
                nxt = self._kin(i)
            if nxt <= i + 1 and text[starts[i]].isupper():
                if word in given:
                    nxt = self._given(i)
                elif len(word) == 1 or (len(word) == 2 and words.gap(i).startswith(".")):
                    nxt = self._initial(i)
                elif len(word) > 2 and word not in self.lists.common:
                    nxt = self._shape(i)
            i = max(nxt, i + 1)
        return self.spans

    # Turns of phrase

    def _title(self, i: int) -> int:
        words, word = self.words, self.words.form[i]
        j = i + 1
        while j < len(words) and words.form[j] in _AFTER_TITLE and _GAP.fullmatch(words.gap(j - 1)):
            j += 1
        if j >= len(words):
            return j
        gap = words.gap(j - 1)
        if word in _BARE_TITLES:
            ok = gap in (". ", " ", ".") and words.capital(j) and words.form[j] not in _STOP
            ok = ok and (gap != " " or words.form[j] not in self.lists.common or words.form[j] in self.lists.family)
            return self._sequence(j, True) if ok else i + 1
        if words.form[j] in _TITLES:
            return j
        same_line = _GAP.fullmatch(gap)
        if not same_line and not (_LINE_GAP.fullmatch(gap) and self._namelike(j)):
            return i + 1
        if not words.capital(j):
            if word in ("pr", "prof") or not self._namelike(j):
                return i + 1
        end = self._sequence(j, True)
        if word in _PLURAL:
            end = self._others(end)
        return end

    def _label(self, i: int) -> int:
        words = self.words
        j = i
        name = words.form[i] in _NAME_LABELS
        while (
            j + 1 < len(words)
            and words.form[j + 1] in _LABEL_WORDS
            and words.gap(j) in (" ", "'", "’", "(", " d'", "/", " / ")
        ):
            j += 1
        found = _AFTER_LABEL.match(words.text, words.end[j])
        if not found or j + 1 >= len(words) or found.end() < words.start[j + 1]:
            if not (found and j + 1 < len(words) and words.text[found.end() : words.start[j + 1]].strip("( ") == ""):
                return i + 1
        if words.form[j + 1] in _TITLES or words.form[j + 1] in _STOP:
            return j + 1
        if not words.capital(j + 1) and not (name and self._namelike(j + 1)):
            return j + 1
        if words.form[j + 1] in self.lists.common and not name and words.form[j + 1] not in self.lists.given:
            return j + 1
        return self._others(self._sequence(j + 1, True))

    def _kin(self, i: int) -> int:
        words = self.words
        j = i + 1
        if j >= len(words) or words.gap(i) not in (" ", " (", ", ", " : "):
            return i + 1
        if words.form[j] in _TITLES or not words.capital(j) or words.form[j] in self.lists.common:
            return i + 1
        if words.form[j] in _STOP or (words.form[j] in self.lists.eponyms and words.form[j] not in self.lists.given):
            return i + 1
        return self._sequence(j, True)

    # Shapes

    def _given(self, i: int) -> int:
        """A capitalised word that is a given name: with the family name beside it, or alone where that is sure."""
        words, lists = self.words, self.lists
        word = words.form[i]
        ordinary = word in lists.common
        if self._eponymous(i):
            return i + 1
        left = i - 1 if i and self._family(i - 1) and words.gap(i - 1) in (" ", ", ", "\t", "  ") else None
        j = i + 1
        while j < len(words) and words.capital(j) and words.gap(j - 1) in ("-", " ") and words.form[j] in lists.given:
            j += 1
        right = j < len(words) and self._family(j) and _GAP.fullmatch(words.gap(j - 1)) is not None
        right = right or self._particle(j)
        if right and (left is None or words.capitals(j)):
            return self._sequence(i, not ordinary)
        if left is not None:
            self._take(left, Kind.FAMILY, False)
            for k in range(i, j):
                self._take(k, Kind.GIVEN, False)
            return j
        if j - i > 1 or (not ordinary and not self._sentence_words(i)):
            for k in range(i, j):
                self._take(k, Kind.GIVEN, False)
            return j
        return i + 1

    def _initial(self, i: int) -> int:
        """'P. MARTIN', 'J.-P. Durand', 'MARTIN P.'"""
        words = self.words
        j = i
        while (
            j + 1 < len(words)
            and words.gap(j) in (".", ".-", "-", ". ")
            and len(words.form[j + 1]) <= 2
            and words.capital(j + 1)
        ):
            j += 1
        if not words.gap(j).startswith(".") or j + 1 >= len(words) or not _GAP.fullmatch(words.gap(j)):
            if (
                words.gap(i).startswith(".")
                and i
                and words.gap(i - 1) == " "
                and self._family(i - 1)
                and words.capitals(i - 1)
            ):
                self._take(i - 1, Kind.FAMILY, False)
                self._take(i, Kind.GIVEN, False)
            return i + 1
        if not self._family(j + 1) or words.form[j + 1] in _SPECIES or not self._apart(i):
            return i + 1
        return self._sequence(i, False)

    def _shape(self, i: int) -> int:
        """An unknown 'Kevin DUPONT' or 'DUPONT Kevin': one word in capitals, one capitalised, neither ordinary."""
        words = self.words
        j = i + 1
        if j >= len(words) or words.gap(i) != " " or not self._family(i) or not self._family(j):
            return i + 1
        if words.capitals(i) == words.capitals(j) or len(words.form[j]) < 3 or self._eponymous(i) or self._eponymous(j):
            return i + 1
        listed = {words.form[i], words.form[j]} & (self.lists.family | self.lists.given)
        if not listed and not self._alone_on_line(i, j):
            return i + 1
        return self._sequence(i, False)

    # Words

    def _sequence(self, i: int, sure: bool) -> int:
        """Take the name that begins at word `i`; the word after it. Nothing is taken when there is none."""
        words, lists = self.words, self.lists
        j = i
        while j < len(words) and j - i < _LONGEST:
            if j > i and not _GAP.fullmatch(words.gap(j - 1)):
                break
            if j > i and words.gap(j - 1).startswith(". ") and len(words.form[j - 1]) > 2:
                break
            word = words.form[j]
            if not word.isalpha():
                break
            if word in _STOP and word not in _PARTICLES:
                break
            if word in _PARTICLES and self._particle(j):
                j += 1
                continue
            if word in _TITLES or (word in _STOP and word in _PARTICLES):
                break
            if j > i:
                if not words.capital(j):
                    break
                if word in lists.common and word not in lists.given and not (word in lists.family and j - i < 2):
                    break
                if word in _NAME_LABELS or word in _PERSON_LABELS:
                    break
            elif not words.capital(j) and not self._namelike(j):
                break
            j += 1
        for k in range(i, j):
            word = words.form[k]
            initial = len(word) <= 2 and words.gap(k).startswith((".", "-", " ")) and word not in _PARTICLES
            kind = (
                Kind.GIVEN
                if (initial or word in lists.given) and not (words.capitals(k) and k > i and not words.capitals(i))
                else Kind.FAMILY
            )
            self._take(k, kind, sure, dot=initial)
        return j

    def _others(self, j: int) -> int:
        """Further names after a comma, a slash or 'et'."""
        words = self.words
        while 0 < j < len(words):
            k = j
            if words.form[k] == "et" and words.gap(k - 1) == " ":
                k += 1
            elif not _LIST_GAP.fullmatch(words.gap(k - 1)):
                return j
            if k < len(words) and words.form[k] in _TITLES:
                return k
            if k >= len(words) or not words.capital(k) or not words.form[k].isalpha():
                return j
            if (words.form[k] in self.lists.common and words.form[k] not in self.lists.given) or words.form[k] in _STOP:
                return j
            after = self._sequence(k, True)
            if after == k:
                return j
            j = after
        return j

    def _take(self, i: int, kind: Kind, sure: bool, dot: bool = False) -> None:
        words = self.words
        end = words.end[i]
        if dot and words.text[end : end + 1] == ".":
            end += 1
        self.spans.append(Span(words.start[i], end, kind, sure))

    def _namelike(self, i: int) -> bool:
        word = self.words.form[i]
        if not word.isalpha() or len(word) < 3 or word in _STOP:
            return False
        return word not in self.lists.common or (
            self.words.capital(i) and word in (self.lists.given | self.lists.family)
        )

    def _family(self, i: int) -> bool:
        """Whether a word may be a family name where a given name or an initial stands beside it."""
        words, lists = self.words, self.lists
        word = words.form[i]
        if not words.capital(i) or len(word) < 2 or not word.isalpha() or word in _STOP or word in _TITLES:
            return False
        if word in lists.common:
            return words.capitals(i) and word in lists.family and len(word) > 3
        return True

    def _particle(self, i: int) -> bool:
        """Whether a particle at `i` leads to a name: 'de La Tour', 'd'Estaing', 'El Amrani'."""
        words = self.words
        j = i
        while j < len(words) and j - i < 3 and words.form[j] in _PARTICLES:
            if words.gap(j) not in (" ", "'", "’", "-"):
                return False
            j += 1
        if j == i or j >= len(words) or not words.capital(j) or words.form[j] in _STOP or words.form[j] in _TITLES:
            return False
        return words.form[j] not in self.lists.common or words.form[j] in self.lists.family

    def _eponymous(self, i: int) -> bool:
        """Whether a name stands in a clinical or geographical turn: 'maladie de Charcot', 'Claude-Bernard', 'St Louis'."""
        words, lists = self.words, self.lists
        form = words.form
        if form[i] in lists.eponyms:
            for j in (i - 1, i + 1):
                if 0 <= j < len(words) and form[j] in lists.eponyms and len(words.gap(min(i, j))) <= 3:
                    if not (words.capitals(i) ^ words.capitals(j)):
                        return True
        k = i - 1
        while k >= 0 and k > i - 3 and form[k] in _PARTICLES | {"s"} and "\n" not in words.gap(k):
            if form[k] in ("st", "saint", "ste"):
                return True
            k -= 1
        if k < 0 or "\n" in words.gap(k) or words.gap(k).strip() not in ("", "-", "'"):
            return False
        if k < i - 1 and form[k] in _CLINICAL_LEFT:
            return True
        return form[k] in _PLACE_LEFT or (form[i] in lists.eponyms and (form[k] in _CLINICAL_LEFT or k < i - 1))

    def _sentence_words(self, i: int) -> bool:
        """Whether a lone given name may be something else: joined to a digit, or in a run of capitals."""
        words = self.words
        if words.form[i] in self.lists.eponyms:
            return True
        if words.capitals(i):
            return any(
                0 <= j < len(words) and words.capitals(j) and words.form[j] in self.lists.common for j in (i - 1, i + 1)
            )
        return len(words.form[i]) < 4

    def _apart(self, i: int) -> bool:
        before = self.words.text[max(0, self.words.start[i] - 1) : self.words.start[i]]
        return before == "" or not (before.isalnum() or before in ".")

    def _alone_on_line(self, i: int, j: int) -> bool:
        text = self.words.text
        before = text.rfind("\n", 0, self.words.start[i]) + 1
        after = text.find("\n", self.words.end[j])
        after = len(text) if after < 0 else after
        return not text[before : self.words.start[i]].strip() and not text[self.words.end[j] : after].strip(" .,")


def name_spans(words: Words) -> list[Span]:
    """Every span of this net: one a word, so that a given name keeps its kind beside a family name."""
    return _Finder(words, lexicon()).run()
