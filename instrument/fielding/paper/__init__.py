"""A form to print and fill in by hand, from the same templates as the web page.

Nothing comes back from paper by itself: answers are typed into the CSV or Excel form, by the codes beside the boxes.
"""

from instrument.fielding.paper.exporting import CAPABILITIES, export, losses

NAME = "Paper"

__all__ = ["CAPABILITIES", "NAME", "export", "losses"]
