"""What the commands on plain files do: read, estimate, and hand back a document for ``--json`` and tables for people.

The command line parses and prints; nothing here exits. One module a command, so that each loads only what it needs.
"""
