"""Do verdicts err no more often than they say? Many simulated studies; run by `python3 tasks.py calibrate`.

Each world's figures are printed, for docs/claims.md.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml
from scipy.stats import binom

from pipeline.claims.decide import decide
from pipeline.claims.report import ClaimsReport
from pipeline.power.rehearsal import rehearse
from pipeline.rivals import compare_rivals
from tests.pipeline.claims.conftest import DATA, Rows, rows_of

pytestmark = pytest.mark.calibration

STUDIES = 20
NOMINAL = 0.025
"""Two-sided intervals of 95 % lie on the predicted side by chance."""


def studies(world: str, tmp_path: Path, *, n: int = 540, first: int = 100, count: int = STUDIES) -> list[Rows]:
    found = []
    for seed in range(first, first + count):
        rehearse(DATA / world, n=n, seed=seed, out=tmp_path / f"{world}{seed}")
        found.append(rows_of(tmp_path / f"{world}{seed}"))
    return found


def report_of(rows: Rows) -> ClaimsReport:
    return decide(rows.frames, rows.instrument, rows.plan, seed=1, workers=2)[0]


def test_where_nothing_is_true_no_more_is_supported_than_chance_allows(tmp_path: Path) -> None:
    supported: Counter[str] = Counter()
    tested = 0
    for rows in studies("none", tmp_path):
        for claim in report_of(rows).claims:
            # A prediction of no effect, or of a rate, may be true where nothing acts on anything.
            if any(p.expected in ("none", "between") for p in claim.predictions) or claim.verdict == "not testable":
                continue
            tested += bool(claim.predictions)
            supported[claim.id] += claim.verdict == "supported"
    hits = supported.total()
    print(f"\nnone: {hits} of {tested} tested claims supported, {hits / tested:.2%} (nominal at most {NOMINAL:.1%}); "
          f"{dict(supported.most_common(8))}")
    # Claims of one study share data and are not independent; 1.5 times the binomial spread allows for it.
    spread = binom(tested, NOMINAL).std()
    assert hits <= tested * NOMINAL + 1.5 * 2.33 * spread
    assert max(supported.values()) <= binom(STUDIES, NOMINAL).ppf(1 - 0.01 / len(supported))


def test_where_the_rival_is_true_the_data_favour_it(tmp_path: Path) -> None:
    favoured: Counter[str] = Counter()
    for rows in studies("rival", tmp_path):
        favoured[compare_rivals(rows.frames, level=0.95, seed=1, workers=2).favoured] += 1
    print(f"\nrival: the data favour {dict(favoured)}")
    assert favoured["moderation"] >= 0.8 * STUDIES
    assert favoured["mediation"] == 0


def test_in_a_large_study_verdicts_are_the_truth(tmp_path: Path) -> None:
    truth = yaml.safe_load((DATA / "sample" / "claims.yaml").read_text(encoding="utf-8"))
    rows, = studies("sample", tmp_path, n=6000, first=77, count=1)
    verdicts = {claim.id: claim.verdict for claim in report_of(rows).claims}
    apart = {claim: verdicts[claim] for claim, entry in truth.items() if verdicts[claim] != entry["verdict"]}
    print(f"\nsample, 6,000 firms: {len(truth) - len(apart)} of {len(truth)} verdicts are the truth; {apart}")
    assert set(apart.values()) <= {"inconclusive"}
    assert len(apart) <= 3
