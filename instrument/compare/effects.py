"""What each kind of change does to data, and the sentence that says why.

The judgements stand in this one place so that they can be read and argued about; ``docs/versions.md`` has them as a
table with the sources in full. Where the literature is divided the stricter reading is taken: "comparable if
invariant" costs a test, "same" costs a wrong conclusion if it is wrong.
"""

from __future__ import annotations

import re
import unicodedata

from instrument.compare.changes import Effect

Judgement = tuple[Effect, str]

MARKS = str.maketrans({
    "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
    "‐": "-", "‑": "-", "–": "-", "—": "-",
})

TYPOGRAPHY: Judgement = (
    "same", "Only typography differs: spaces, the shape of quotation marks or dashes, a full stop at the end or the "
    "first letter's case.")
WORDING: Judgement = (
    "comparable if invariant", "Other words may be a harder or a different question; whether answers stayed comparable "
    "is a matter of measurement invariance (Meredith 1993; Vandenberg & Lance 2000).")
FACT_WORDING: Judgement = (
    "comparable if invariant", "Other words may ask for another fact. A single question leaves nothing to test "
    "invariance with: compare its distribution across versions (Schuman & Presser 1981).")
TRANSLATION: Judgement = (
    "comparable if invariant", "Only respondents in this language read other words than before; for them invariance "
    "over versions is to be tested (Vandenberg & Lance 2000; van de Vijver & Poortinga 1997).")
ANCHOR: Judgement = (
    "comparable if invariant", "The label says how strong an answer the code stands for, and gives the points beside "
    "it their sense too: thresholds and intercepts may shift (Schaeffer 1991; Weijters, Cabooter & Schillewaert 2010).")
OPT_OUT_LABEL: Judgement = (
    "comparable if invariant", "The words of an answer that is no answer decide who takes it, and so who is missing "
    "(Schuman & Presser 1981).")
SWAPPED: Judgement = (
    "not comparable", "A code now stands for what another code stood for. Answers are comparable only after they are "
    "recoded by their labels.")
RENUMBERED: Judgement = (
    "not comparable", "The same answers have other codes. Answers are comparable only after they are recoded by their "
    "labels.")
POINTS: Judgement = (
    "not comparable", "The number of scale points changes means, variances and response styles, and no linear "
    "rescaling undoes that (Weijters, Cabooter & Schillewaert 2010).")
OPTIONS: Judgement = (
    "comparable if invariant", "The codes in both versions mean the same, but who would choose an option that is not "
    "offered chooses another or none (Schuman & Presser 1981): compare the options in both versions only.")
OPT_OUTS: Judgement = (
    "comparable if invariant", "Whether an answer such as \"don't know\" is offered changes who gives a substantive "
    "one (Schuman & Presser 1981).")
ORDER: Judgement = (
    "comparable if invariant", "What was asked before is the context of an answer: order effects (Schuman & Presser "
    "1981).")
SHUFFLED: Judgement = (
    "same", "The rows are shown in random order in both versions. Where a platform cannot shuffle, and in print, this "
    "is a change of order like any other.")
OPTION_ORDER: Judgement = (
    "comparable if invariant", "The first options of a list are chosen more often in writing, the last when read "
    "aloud: response-order effects (Krosnick & Alwin 1987).")
UNSEEN_ORDER: Judgement = ("same", "The order of these parts in the file is seen by no respondent.")
KEY: Judgement = (
    "not comparable", "The same words are scored in the other direction, so a score of one version is the mirror image "
    "of the other's. Under one key for both versions the answers are the same.")
KEY_AND_WORDS: Judgement = (
    "comparable if invariant", "Scoring undoes the reversal, but agreement with the opposite statement is not quite "
    "its mirror image: method effects of reversed items (Weijters, Baumgartner & Schillewaert 2013).")
ROUTE: Judgement = (
    "comparable if invariant", "Who is asked changed, not what is asked: comparable among respondents who would be "
    "asked under both versions; others are absent by design in one of them.")
SAME_ROUTE: Judgement = ("same", "The condition is written differently and holds for the same answers.")
SCREEN_OUT: Judgement = (
    "comparable if invariant", "Who may go on changed, so the samples differ by design: compare respondents whom both "
    "versions would admit. Selection leaves invariance only where it works through what is measured (Meredith 1993).")
REQUIRED: Judgement = (
    "comparable if invariant", "An answer that must be given takes the place of a blank: who is missing changes, and "
    "some forced answers are guesses (Décieux, Mergener, Neufang & Sischka 2015).")
BOUNDS: Judgement = (
    "comparable if invariant", "A number within both bounds means the same; one that only one version admits was "
    "refused by the other. Compare the numbers within both.")
TYPE: Judgement = (
    "not comparable", "The answer is of another kind; what was stored cannot be read as what is stored now.")
DIMENSION: Judgement = (
    "not comparable", "The answers mean the same, but the item counts towards another dimension: leave it out of the "
    "pooled scores of both.")
OTHER_CONSTRUCT: Judgement = (
    "not comparable", "Items and scores of the dimension are the same; the construct is made of other dimensions, so "
    "its models are not the same models.")
SAME_SCALE: Judgement = ("same", "The other scale has the same codes with the same labels.")
OTHER_LABELS: Judgement = (
    "comparable if invariant", "The other scale has the same codes with other labels, so thresholds may shift "
    "(Weijters, Cabooter & Schillewaert 2010).")
OTHER_SCALE: Judgement = (
    "not comparable", "The other scale has other codes: its answers are on another metric (Weijters, Cabooter & "
    "Schillewaert 2010).")
ROLE: Judgement = (
    "comparable if invariant", "The answers are the same; they are put to another use, and where it is screening the "
    "sample that is kept differs.")
EXPECTED: Judgement = (
    "comparable if invariant", "Passing or failing means the same as before, the code of the passing answer does not; "
    "compare who passed.")
ADDED_PART: Judgement = ("same", "A new part holds no answers of its own; its questions are judged one by one.")
REMOVED_PART: Judgement = ("same", "The part held no answers of its own; its questions are judged one by one.")
LANGUAGE_ADDED: Judgement = (
    "same", "Respondents in the other languages read what they read before. Whether languages are comparable with one "
    "another is a question of its own.")
LANGUAGE_REMOVED: Judgement = (
    "same", "Respondents in the languages that stay read what they read before.")
TITLE: Judgement = ("same", "A title names a page and instructs nobody.")
INTRO: Judgement = (
    "comparable if invariant", "An introduction tells how to read the questions below it and is part of the stimulus "
    "(Schwarz 1999).")
NOTE: Judgement = (
    "comparable if invariant", "Respondents answer what follows with these words in mind: a definition decides what "
    "they count and think of (Schwarz 1999).")
CONSENT: Judgement = (
    "same", "Words of information before consent say nothing on how to answer; they may change who takes part.")
CLOSING: Judgement = ("same", "No question comes after these words.")
HELP: Judgement = (
    "comparable if invariant", "Help says what to count and what to leave out, and so is part of the question (Schwarz "
    "1999).")
UNIT: Judgement = (
    "not comparable", "A number in another unit is another number. Convert it first; that the words mean the same unit "
    "only a person can say.")
LAYOUT: Judgement = (
    "comparable if invariant", "Items in a grid correlate higher than items one below the other, and near means "
    "related (Couper, Traugott & Lamias 2001; Tourangeau, Couper & Conrad 2004).")
SHUFFLE: Judgement = (
    "comparable if invariant", "Random order spreads order effects over respondents, a fixed one gives all of them the "
    "same (Schuman & Presser 1981).")
OPTIONAL: Judgement = (
    "same", "Whether a block is asked is decided by each study; the questions in it are the same.")
MEASUREMENT: Judgement = (
    "comparable if invariant", "The answers and their mean are the same; reflective and formative models of them are "
    "not (Jarvis, MacKenzie & Podsakoff 2003).")
DEFINITION: Judgement = ("same", "Respondents never see it; it changes what researchers read into the answers.")
INFORMANT: Judgement = (
    "comparable if invariant", "Somebody else answers, who may see the same firm in another light (Kumar, Stern & "
    "Anderson 1993).")
METADATA: Judgement = ("same", "No respondent sees it.")
BASE_LANGUAGE: Judgement = (
    "same", "Which language the others are made from is seen by no respondent; changed words are reported by language.")


def typographic(old: str | None, new: str | None) -> bool:
    """Whether two texts differ in typography only.

    Capitals inside a text and marks inside it count as words: capitals stress, and a comma can turn a sentence.
    """
    return old is not None and new is not None and plain(old) == plain(new)


def plain(text: str) -> str:
    """A text without what is typography only."""
    flat = " ".join(unicodedata.normalize("NFKC", text).translate(MARKS).split())
    flat = re.sub(r"(?<!\.)\.$", "", flat)  # a full stop, not the end of an ellipsis
    flat = re.sub(r'"\s*(.*?)\s*"', r'"\1"', flat)  # French puts spaces inside its quotation marks
    return flat[:1].casefold() + flat[1:]
