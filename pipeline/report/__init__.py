"""Results made readable: tables, figures, one page of HTML."""
