"""Judge REDCap data dictionaries: first by linkml-redcap's schema, then by converting them with reproschema.

    python redcap_dictionary.py OUTPUT-FOLDER DICTIONARY.csv …

The last line printed is JSON: for each file its complaints, its fields, and the items that reproschema made of them.
"""

import csv
import json
import re
import sys
from pathlib import Path

from linkml_redcap.data_dictionary import schema_view
from reproschema.redcap2reproschema import redcap2reproschema


def by_schema(rows, view):
    """Required slots, patterns and permitted values, as the schema of linkml-redcap states them."""
    slots = [view.induced_slot(name, "Field") for name in view.class_slots("Field")]
    for number, row in enumerate(rows, start=2):
        if len(row) != len(slots):
            yield f"row {number}: {len(row)} columns"
        for slot, cell in zip(slots, row, strict=False):
            if not cell:
                if slot.required:
                    yield f"row {number}: {slot.name} is required"
                continue
            if slot.pattern and not re.search(slot.pattern, cell):
                yield f"row {number}: {slot.name} {cell!r} does not match {slot.pattern}"
            enum = view.all_enums().get(slot.range)
            if enum is not None and cell not in enum.permissible_values:
                yield f"row {number}: {slot.name} {cell!r} is none of {list(enum.permissible_values)}"
    yield from by_comments(rows)


def by_comments(rows):
    """What the schema says in words: the record's id first, forms and matrices contiguous, names unique."""
    if rows[0][3] != "text":
        yield "the first field must be a text field"
    names = [row[0] for row in rows]
    yield from (f"field {name} stands twice" for name in set(names) if names.count(name) > 1)
    for column, what in ((1, "form"), (15, "matrix")):
        seen, last = set(), None
        for row in rows:
            if row[column] != last and row[column] in seen:
                yield f"{what} {row[column]} is not contiguous"
            last = row[column]
            seen |= {last} if last else set()
    groups = {}
    for row in rows:
        if row[15] and groups.setdefault(row[15], (row[3], row[5])) != (row[3], row[5]):
            yield f"matrix {row[15]} has two sets of choices"
        if row[3] in ("radio", "checkbox"):
            for choice in row[5].split("|"):
                if not re.match(r"^\s*[A-Za-z0-9_]+\s*,\s*\S", choice):
                    yield f"field {row[0]}: choice {choice!r} is no code and label"


def by_conversion(path, folder):
    """reproschema's own reading of the file: every field becomes an item, or it says why not."""
    config = folder / "protocol.yaml"
    config.write_text(
        "protocol_name: judged\nprotocol_display_name: judged\nprotocol_description: judged\n"
        "source_version: '1'\nredcap_version: '1'\n", encoding="utf-8")
    redcap2reproschema(path, config, folder)
    return {file.name for file in (folder / "judged").rglob("items/*")}


def judged(path, folder, view):
    with path.open(encoding="utf-8-sig", newline="") as file:
        _, *rows = csv.reader(file)
    complaints = list(by_schema(rows, view))
    folder.mkdir()
    items = by_conversion(path, folder) if not complaints else set()
    return {"complaints": complaints, "items": sorted(items), "fields": [row[0] for row in rows]}


def main():
    folder, *paths = map(Path, sys.argv[1:])
    view = schema_view()
    found = {path.name: judged(path, folder / path.stem, view) for path in paths}
    print()
    print(json.dumps(found))


main()
