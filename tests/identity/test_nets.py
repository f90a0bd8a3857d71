"""What must go and what must stay, sentence by sentence: «...» marks every direct identifier, and nothing else is one.

A bug report becomes a test by pasting a sentence (an invented one) with its marks.
"""

from __future__ import annotations

import re

import pytest

from limpide.deidentification.known_identities import KnownIdentities
from limpide.deidentification.masking import identifier_spans

TITLES = """
Vue par le Dr «Yann PORZOU» pour diabète.
Adressé par le docteur «Le Bihan» en consultation.
Pr «A. KERVELLA», chef de service.
Mme «PETIT» va bien, Monsieur «Blanc» aussi.
Drs «KERVELLA» et «PORZOU», cardiologues
M. «Tanguy» est venu, M. tuberculosis non retrouvé.
Madame «Soizic de La Roche», 45 ans, diabétique.
Cher Confrère, Madame, Monsieur,
Monsieur le Directeur
Le Docteur «Élodie D'Hervé-Keravel» prescrit du paracétamol.
Espace PR normal, intervalle PR 160 ms.
Professeur Agrégé «Ludovic Quillivic»
Mme «N'GUESSAN»
"""

LABELS = """
Nom : «PORZOU» Prénom : «Yann» Sexe : M
Nom de naissance : «LE GOFF»
Médecin traitant : Dr «Kervella»
Opérateur : «Kervella», aide : «Morvan»
Anesthésiste : «S. Quémeneur»
Compte rendu validé par «Yann Porzou» le 12/03/2024
Patient : 65 ans, hypertendu.
Personne de confiance : «Soizic Porzou» (épouse)
Son fils «Gwendal» et sa fille «Maïwenn» l'accompagnent.
née «LÉGER», veuve, deux enfants
Nom\tDate\tRésultat
Prescripteur : voir courrier joint
"""

SHAPES = """
«Yann PORZOU»
«PORZOU Yann»
«P. KERVELLA»
Consultation avec «Jean-Baptiste Kerdoncuff» ce jour.
«KERVELLA, Soizic» : avis favorable
«LE FLOC'H Gwenaëlle», sage-femme
Présence de S. aureus et de H. pylori.
Staphylococcus aureus, Escherichia coli
Troponine à 5 ng/L. Coloscopie normale, sat 92 % AA.
HTA chez une sœur. Allergie à la pénicilline.
"""

EPONYMS = """
Maladie de Parkinson évoluée, maladie de Charcot-Marie-Tooth.
Syndrome de Claude Bernard-Horner à gauche.
Maladie de Crohn, maladie de Basedow, thyroïdite de Hashimoto.
Score de Glasgow à 15, score de Rankin à 2, indice de Barthel.
Signe de Babinski absent, signe de Lasègue à 45°, manœuvre de Valsalva.
Lymphome de Hodgkin, maladie de Waldenström, cellules de Reed-Sternberg.
Phénomène de Raynaud, syndrome de Guillain-Barré.
Fracture de Pouteau-Colles, canal de Guyon, tendon d'Achille.
Hôpital Claude Bernard, clinique Saint-Louis, CHU Henri Mondor
Drain de Redon, sonde de Foley, pince de Kocher, Doppler veineux, Holter ECG.
Démence de type Alzheimer, chorée de Huntington
Anneau de Carpentier, valve de Starr, intervention de Bentall
Traitement par Doliprane, Kardégic, Lévothyrox et Xarelto.
Cirrhose Child-Pugh B, stade III de Clark, Gleason 7 (3+4), Breslow 1,2 mm.
"""

NUMBERS = """
INS : «2 85 05 78 006 084 91»
N° de sécurité sociale «285057800608491»
Matricule INS «1 85 05 2A 006 084 clé 23»
Tél : «02 98 22 33 44» - Fax «02.98.22.33.45»
Joignable au «+33 6 12 34 56 78» ou «0033 612345678» ou au «(33) 2 98 22 33 44»
Poste «4512», bip : «3301»
IPP : «8001234567» NDA «940012345»
IPP n° «00412-B»
Dossier n° «2024-00123» du 12/03/2024
RPPS «10001234567» ADELI : «299301234»
Code CIP 3400936123456, CIS 60234100
UDI (01)05012345678900(17)260430
Réf. : voir LOINC 2345-7, résultat 12 345 678
Prélèvement du 20240312 à 1130, transmis le 20240312113000
Immatriculation «AB-123-CD»
«yann.porzou@exemple.fr», «https://exemple.fr/yann»
Plaquettes 245 000 /mm3, leucocytes 7 200, hémoglobine 13,2 g/dL, TA 130/80, FC 72
1 2 3 4 5
«2 8 5 0 5 7 8 0 0 6 0 8 4»
Dose totale 60 Gy en 30 fractions du 03/01/2024 au 12/02/2024
"""

ADDRESSES = """
Demeurant «14 bis rue des Tanneurs 29000 Quimper».
«3, avenue du Général de Gaulle, 29200 BREST CEDEX 2»
«8 impasse des Ajoncs - Bât. B - 29850 Gouesnou»
Il habite à «Douarnenez» avec sa femme.
«BP 412» Hôpital
Il existe 2 voies veineuses, 1 place de stage et 3 passages aux urgences.
Un cours de kinésithérapie, 2 cours par semaine, 12 séances
Sortie en route vers le bloc à 10 h
«29200 BREST»
45000 plaquettes, 12000 UI anti-Xa
«12 chemin de Kergoat à Plougastel»
"""

BIRTHS = """
Née le «12/05/1985» à «Quimper», elle consulte le 12/03/2024.
né(e) le «12 mai 1985»
Date de naissance : «12.05.1985»
DDN «12-05-85»
Sexe F | «12/05/1985» | Quimper
Elle ne fume plus depuis le 12/05/2015, il ne le 3 ni
Patient né le «1er janvier 1950», opéré le 3 février 2020.
Née «LE GOFF» le «12/05/1985»
«KERN-PETIT Yann» «28031979»
"""

SENTENCES = [
    line
    for block in (TITLES, LABELS, SHAPES, EPONYMS, NUMBERS, ADDRESSES, BIRTHS)
    for line in block.strip("\n").split("\n")
]


@pytest.mark.parametrize("marked", SENTENCES)
def test_marked_identifiers_go_and_nothing_else(marked: str) -> None:
    text = re.sub("[«»]", "", marked)
    expected = "".join(
        part if inside else re.sub(r"\w", "_", part)
        for inside, part in ((i % 2 == 1, p) for i, p in enumerate(re.split("[«»]", marked)))
    )
    hidden = {i for s in identifier_spans(text, KnownIdentities()) for i in range(s.start, s.end)}
    found = "".join(c if i in hidden or not c.isalnum() else "_" for i, c in enumerate(text))
    assert found == expected


def test_a_name_found_once_is_a_name_everywhere() -> None:
    text = "Dr Yann QUILLIVIC.\nSuite du texte.\nAvis de Quillivic demandé."
    spans = identifier_spans(text, KnownIdentities())
    assert [text[s.start : s.end] for s in spans] == ["Yann", "QUILLIVIC", "Quillivic"]


def test_a_composed_name_goes_whole_wherever_it_comes_back() -> None:
    text = "Yann KERNOU-PETIT\tKERNOU-PETIT\tpetit souffle"
    spans = identifier_spans(text, KnownIdentities())
    assert [text[s.start : s.end] for s in spans] == ["Yann", "KERNOU-PETIT", "KERNOU-PETIT"]


def test_a_clinical_fact_shields_a_doubtful_name_but_not_a_sure_one() -> None:
    text = "Rosalie retrouvée. Dr Rosalie."
    assert len(identifier_spans(text, KnownIdentities())) == 2
    places = [(0, 7), (22, 29)]
    assert [s.start for s in identifier_spans(text, KnownIdentities(), places)] == [22]


def test_a_number_that_is_a_code_of_a_fact_stays() -> None:
    text = "Concept 444814009, dossier 444814009"
    assert [s.start for s in identifier_spans(text, KnownIdentities())] == [8, 27]
    assert identifier_spans(text, KnownIdentities(), (), frozenset({"444814009"})) == []
