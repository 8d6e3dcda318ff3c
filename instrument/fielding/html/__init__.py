"""A web page of our own: one self-contained file a form, and the answers that it hands over.

The page needs no server and loads nothing; it works from a disk, offline, on a phone and by keyboard alone. Answers
come as one JSON file a respondent, or as what a server kept of the posts. docs/html-page.md describes both.
"""

from instrument.fielding.html.capabilities import CAPABILITIES, losses
from instrument.fielding.html.exporting import export
from instrument.fielding.html.reading import form_of, read
from instrument.fielding.html.writing import write

NAME = "Web page"
SUFFIX = ".jsonl"
"""What rehearsed answers are written as; real ones come one JSON file a respondent, too."""

__all__ = ["CAPABILITIES", "NAME", "SUFFIX", "export", "form_of", "losses", "read", "write"]
