"""Answers as a plain table: one header row, metadata by name, a column a question. The form of data entry by hand.

Several answers stand in one cell, joined by commas, or in a column of 0 and 1 each (``id_code``), as
``alliometrics read`` itself writes them.
"""
