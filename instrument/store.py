"""Find the versions of the instrument, load them, and prove that a released one was not edited.

A version is a folder ``instrument/versions/<version>`` with ``instrument.yaml`` (everything, in the
base language), one ``<language>.yaml`` a translation, from the second version on ``changes.yaml`` (what
it changes and why), and from its release on ``fingerprint.json``.

    python -m instrument.store record 1.0.0     write the fingerprint of a release
    python -m instrument.store verify 1.0.0     compare a release with its fingerprint
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any

from instrument.errors import Finding, InputError
from instrument.model import Instrument, Translation
from instrument.reading import read_yaml

VERSIONS = Path(__file__).resolve().parent / "versions"
SEMANTIC = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
RECORD = "fingerprint.json"
CHANGES = "changes.yaml"
"""What a version changes and why (see :mod:`instrument.compare`); the first version has none."""


# -- finding and loading --------------------------------------------------------------------------


def versions(*, root: Path = VERSIONS) -> tuple[str, ...]:
    """Every version there is, oldest first; 1.10.0 comes after 1.9.0."""
    names = (folder.parent.name for folder in root.glob("*/instrument.yaml"))
    return tuple(sorted(filter(SEMANTIC.fullmatch, names), key=lambda name: tuple(map(int, name.split(".")))))


def load(version: str | None = None, *, root: Path = VERSIONS) -> Instrument:
    """Load a version (the latest if None). It is read from disk once.

    Raises
    ------
    InputError
        ``INSTRUMENT-VERSION`` if there is no such version; else as :func:`load_folder`.
    """
    known = versions(root=root)
    wanted = version if version is not None else (known[-1] if known else "")
    if wanted not in known:
        raise InputError(Finding(
            "INSTRUMENT-VERSION", f"version {wanted!r}" if wanted else "instrument/versions",
            f"there is no such version of the instrument; there {'is' if len(known) == 1 else 'are'}: "
            f"{', '.join(known) or 'none'}",
            "name one of these" if known else "restore the folder instrument/versions",
        ))
    return _load_once(root / wanted)


@lru_cache(maxsize=32)
def _load_once(folder: Path) -> Instrument:
    loaded = load_folder(folder)
    if loaded.version != folder.name:
        raise InputError(Finding(
            "INSTRUMENT-VERSION", f"{folder.name}/instrument.yaml: version",
            f"the file says version {loaded.version!r}, its folder says {folder.name!r}",
            "let both say the same",
        ))
    return loaded


def load_folder(path: Path | str) -> Instrument:
    """Load ``instrument.yaml`` and every ``<language>.yaml`` beside it (``changes.yaml`` is no language).

    Raises
    ------
    InputError
        ``INSTRUMENT-YAML``, ``INSTRUMENT-SHAPE`` (see :mod:`instrument.reading`) or
        ``INSTRUMENT-LANGUAGE`` (a file named for one language that says it holds another), with
        the findings of all files together.
    """
    folder = Path(path)
    findings: list[Finding] = []
    base: Instrument | None = None
    translations: list[Translation] = []
    try:
        base = read_yaml(folder / "instrument.yaml", Instrument, absent=("translations",))
    except InputError as error:
        findings.extend(error.findings)
    for file in sorted(folder.glob("*.yaml")):
        if file.name in ("instrument.yaml", CHANGES):
            continue
        try:
            translation = read_yaml(file, Translation)
        except InputError as error:
            findings.extend(error.findings)
            continue
        if translation.language != file.stem:
            findings.append(Finding(
                "INSTRUMENT-LANGUAGE", f"{folder.name}/{file.name}: language",
                f"the file is named for {file.stem!r} and says it holds {translation.language!r}",
                f"rename it to {translation.language}.yaml, or correct the key `language`",
            ))
        translations.append(translation)
    if base is None or findings:
        raise InputError(findings)
    return base.model_copy(update={"translations": tuple(translations)})


# -- fingerprints ---------------------------------------------------------------------------------


def canonical(instrument: Instrument) -> str:
    """The instrument without its translations as one line of JSON that only a change of content changes.

    Keys are sorted, no space is left between tokens, text is in Unicode's NFC form. What is empty,
    unset or false is left out, so that a later program may know more keys without changing the
    fingerprint of an earlier release; for the same reason a default in
    :mod:`instrument.model` must never be changed from empty, unset or false to anything else.
    """
    return _json(instrument.model_dump(mode="json", exclude={"translations"}))


def canonical_translation(translation: Translation) -> str:
    """The words of a translation as one line of JSON.

    Its status and the translator's name are left out: a review that finds nothing to change may be
    recorded in a released file, a changed word may not.
    """
    words = {key: translation.text(key) for key in translation.strings}
    return _json({"language": translation.language, "name": translation.name, "strings": words})


def fingerprint(instrument: Instrument) -> str:
    """SHA-256 of :func:`canonical`, in hexadecimal digits."""
    return _sha256(canonical(instrument))


def language_fingerprints(instrument: Instrument) -> dict[str, str]:
    """SHA-256 of each translation's words, by language."""
    return {t.language: _sha256(canonical_translation(t)) for t in instrument.translations}


def _json(value: object) -> str:
    return json.dumps(_normal(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _normal(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {_normal(key): _normal(entry) for key, entry in value.items() if not _is_empty(entry)}
    if isinstance(value, list):
        return [_normal(entry) for entry in value]
    return value


def _is_empty(value: object) -> bool:
    return value is None or value is False or value == [] or value == {}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


# -- releases -------------------------------------------------------------------------------------


def verify_released(version: str, *, root: Path = VERSIONS) -> tuple[Finding, ...]:
    """Compare a version with the fingerprint recorded at its release; empty if it is untouched."""
    instrument = load_folder(root / version) if version in versions(root=root) else load(version, root=root)
    recorded = _recorded(version, root)
    if recorded is None:
        return (Finding(
            "INSTRUMENT-UNRECORDED", f"{version}/{RECORD}", "this version has no recorded fingerprint",
            f"when it is final: python -m instrument.store record {version}",
        ),)
    return tuple(_differences(version, recorded, instrument, unrecorded=True))


def record_fingerprint(version: str, *, root: Path = VERSIONS) -> Path:
    """Release a version: write its fingerprint beside it. A language may be added later.

    Raises
    ------
    InputError
        If the version breaks a rule of :mod:`instrument.rules`, does not declare what it changes (see
        :mod:`instrument.compare`), or differs from what was recorded before: a release is never
        edited, a change makes a new version.
    """
    from instrument.compare import check_version  # rules and comparisons look at instruments, not at files;
    from instrument.rules import check  # only a release needs all three

    instrument = load_folder(root / version) if version in versions(root=root) else load(version, root=root)
    findings = (*check(instrument), *check_version(version, root=root))
    broken = tuple(finding for finding in findings if finding.severity == "error")
    if broken:
        raise InputError(broken)
    recorded = _recorded(version, root)
    if recorded is not None:
        changed = tuple(_differences(version, recorded, instrument, unrecorded=False))
        if changed:
            raise InputError(changed)
    record = {"instrument": fingerprint(instrument), "languages": language_fingerprints(instrument)}
    path = root / version / RECORD
    path.write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8", newline="\n")
    return path


def _recorded(version: str, root: Path) -> tuple[str, dict[str, str]] | None:
    path = root / version / RECORD
    if not path.is_file():
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return str(record["instrument"]), {str(k): str(v) for k, v in record["languages"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(Finding(
            "INSTRUMENT-FINGERPRINT", f"{version}/{RECORD}",
            'the file should hold {"instrument": …, "languages": {…}} and does not',
            "restore the file from the repository's history; do not write it by hand",
        )) from None


def _differences(
    version: str, recorded: tuple[str, dict[str, str]], instrument: Instrument, *, unrecorded: bool,
) -> list[Finding]:
    whole, languages = recorded
    now = language_fingerprints(instrument)
    out = []
    if fingerprint(instrument) != whole:
        out.append(_edited(f"{version}/instrument.yaml"))
    out += [_edited(f"{version}/{code}.yaml") for code in languages if now.get(code) != languages[code]]
    out += [Finding(
        "INSTRUMENT-UNRECORDED", f"{version}/{code}.yaml", "this language has no recorded fingerprint",
        f"when it is final: python -m instrument.store record {version}",
    ) for code in now if unrecorded and code not in languages]
    return out


def _edited(place: str) -> Finding:
    return Finding(
        "INSTRUMENT-FINGERPRINT", place,
        "a released version is never edited, and this file no longer has the fingerprint recorded at its release",
        "restore the file, and make the change in a copy under a new version number "
        "(patch: wording that leaves meaning untouched; minor: items added; major: scoring or comparability breaks)",
    )


def main(arguments: list[str] | None = None) -> int:
    """``record VERSION`` or ``verify VERSION``; exit status 0 done, 1 differs, 2 bad input."""
    words = sys.argv[1:] if arguments is None else arguments
    if len(words) != 2 or words[0] not in ("record", "verify"):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        if words[0] == "record":
            print(f"Recorded: {record_fingerprint(words[1]).name} of {words[1]}")
            return 0
        findings = verify_released(words[1])
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(map(str, findings)) or f"{words[1]} is as it was released.")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
