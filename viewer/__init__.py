"""Pages that show a results folder; they compute nothing."""
