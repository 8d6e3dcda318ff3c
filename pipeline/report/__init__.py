"""Results made readable: tables, figures, sentences, one HTML report. Reads results, estimates nothing."""
