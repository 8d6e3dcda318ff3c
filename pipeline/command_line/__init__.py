"""The commands as typer reads them: options and help; each calls its module and prints what it gives."""
