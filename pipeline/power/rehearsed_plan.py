"""The plan of a rehearsed study: the study's own text, with only those values changed that must be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from instrument.errors import Finding, InputError
from pipeline.instruments import BASE_FILE, CARRIED, carry_along, instrument_of, is_released
from pipeline.power.rehearsal_files import Sources
from pipeline.study import PLAN_FILE, StudyPlan


def write_plan(study: Path, plan: StudyPlan, sources: Sources, out: Path) -> tuple[Path, ...]:
    """Write the plan into another folder, marked synthetic and naming the files there, with questionnaires of its own.

    Comments and everything else in the text stay as they are. A lock is not taken along: nothing was registered.

    Returns
    -------
    The files written.

    Raises
    ------
    InputError
        ``REHEARSE-PLAN`` if the text is written so that these values alone cannot be changed.
    """
    further = tuple(f"{CARRIED}_{instrument_of(study, _naming(plan, stated)).version}" if not is_released(stated)
                    else stated for stated in plan.further_versions)
    changed: dict[str, Any] = {"synthetic": True}
    if not is_released(plan.instrument):
        changed["instrument"] = CARRIED
    if further != plan.further_versions:
        changed["further_versions"] = list(further)
    if sources != plan.forms:
        changed["forms"] = {form: _stated(plan, form, sources) for form in plan.forms}
    text = (study / PLAN_FILE).read_text(encoding="utf-8")
    rehearsed = with_values(text, changed)
    if not _holds(rehearsed, yaml.safe_load(text) | changed):
        raise InputError(Finding(
            "REHEARSE-PLAN", str(study / PLAN_FILE),
            f"The rehearsed plan has other values for {', '.join(changed)}; as this text is written they cannot be "
            "changed by themselves.", "Write these keys without anchors (&), aliases (*) and merge keys (<<).",
        ))
    path = out / PLAN_FILE
    path.write_text(rehearsed, encoding="utf-8", newline="\n")
    files = [path, *carry_along(study, plan, out)]
    for stated, name in zip(plan.further_versions, further, strict=True):
        if stated != name:
            files += _carry(study, plan, stated, out / name)
    return tuple(files)


def _stated(plan: StudyPlan, form: str, sources: Sources) -> dict[str, str] | list[dict[str, str]]:
    """A form's files as plans are written: one without a list."""
    all_files = [source.model_dump(exclude_none=True) for source in sources.get(form, plan.forms[form])]
    return all_files[0] if len(all_files) == 1 else all_files


def _naming(plan: StudyPlan, stated: str) -> StudyPlan:
    return plan.model_copy(update={"instrument": stated})


def _carry(study: Path, plan: StudyPlan, stated: str, folder: Path) -> list[Path]:
    languages = [translation.language for translation in instrument_of(study, _naming(plan, stated)).translations]
    folder.mkdir(parents=True, exist_ok=True)
    names = (BASE_FILE, *(f"{language}.yaml" for language in languages))
    for name in names:
        (folder / name).write_bytes((study / stated / name).read_bytes())
    return [folder / name for name in names]


# -- YAML as text ------------------------------------------------------------------------------------------


def with_values(text: str, values: Mapping[str, Any]) -> str:
    """A YAML mapping's text with other values under some of its keys; all else stays, comments too."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode)
    found = [(value, values[key.value]) for key, value in root.value if key.value in values]
    # From the end, so that the places of what comes before stay right.
    for node, value in sorted(found, key=lambda pair: -pair[0].start_mark.index):
        text = text[:node.start_mark.index] + _written(node, value) + text[_end(node):]
    return text


def _written(node: yaml.Node, value: Any) -> str:
    if not isinstance(node, yaml.MappingNode) or node.flow_style:
        return _flow(value)
    between = "\n" + " " * node.start_mark.column
    return between.join(_flow({key: one})[1:-1] for key, one in value.items())


def _flow(value: Any) -> str:
    dumped: str = yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False, allow_unicode=True)
    return dumped.removesuffix("\n").removesuffix("\n...")


def _end(node: yaml.Node) -> int:
    """Where a node's text ends. PyYAML lets a block end where the next key begins, with the comments in between."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    end: int = node.end_mark.index
    return end


def _holds(text: str, content: Mapping[str, Any]) -> bool:
    try:
        return bool(yaml.safe_load(text) == content)
    except yaml.YAMLError:  # an alias whose anchor is gone
        return False
