"""The JSON Schemas of instrument.yaml, of translations and of changes.yaml, so that editors complete and check them.

    python -m instrument.schema        write instrument/schema/*.json anew after a change of the types

Editors with a YAML language server find a schema by the first line of a file::

    # yaml-language-server: $schema=../../schema/instrument.json
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from instrument.compare.declared import DeclaredChanges
from instrument.model import Instrument, Translation
from instrument.rules.answers import CODE_PATTERN
from instrument.rules.naming import ID_PATTERN

FOLDER = Path(__file__).resolve().parent / "schema"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def instrument_schema() -> dict[str, Any]:
    """Schema of ``instrument.yaml``: the type :class:`Instrument` without the translations.

    It also holds what the rules say of ids and answer codes, so that an editor marks a slip at once.
    """
    schema = Instrument.model_json_schema()
    del schema["properties"]["translations"]
    kinds = schema["$defs"]
    for name in ("Translation", "TranslatedString"):
        del kinds[name]
    for name in ("Item", "Fact", "Note"):
        kinds[name]["required"].insert(0, "type")  # in YAML the key decides which of the three is meant
    for name in ("ResponseScale", "Construct", "Dimension", "Block", "Item", "Fact", "Note"):
        kinds[name]["properties"]["id"]["pattern"] = ID_PATTERN
    for choice in kinds["Option"]["properties"]["code"]["anyOf"]:
        choice |= {"minimum": 0, "maximum": 99999} if choice["type"] == "integer" else {"pattern": CODE_PATTERN}
    return {"$schema": DIALECT, **schema}


def translation_schema() -> dict[str, Any]:
    """Schema of ``<language>.yaml``."""
    return {"$schema": DIALECT, **Translation.model_json_schema()}


def changes_schema() -> dict[str, Any]:
    """Schema of ``changes.yaml``."""
    return {"$schema": DIALECT, **DeclaredChanges.model_json_schema()}


def published() -> dict[str, str]:
    """File name → content of every schema file, as it should be on disk."""
    schemas = {"instrument.json": instrument_schema(), "translation.json": translation_schema(),
               "changes.json": changes_schema()}
    return {name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for name, schema in schemas.items()}


def write(folder: Path = FOLDER) -> tuple[Path, ...]:
    """Write the schema files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in published().items():
        (folder / name).write_text(content, encoding="utf-8", newline="\n")
    return tuple(folder / name for name in published())


if __name__ == "__main__":
    for path in write():
        print(path.name)
