"""Synthetic alliances on which some models can be probed and others cannot, and slopes written by hand."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from pipeline.probes import PROBED, PROBED_SURFACE
from pipeline.probes.found import (
    CurvePoint,
    InteractionProbe,
    ModeratorRange,
    Probed,
    ProbesReport,
    Slopes,
)
from pipeline.probes.probing import probe_models
from pipeline.probes.sentences import slopes_sentence
from pipeline.sem.coefficients import WaldTest
from pipeline.sem.johnson_neyman import JohnsonNeyman, Region, RegionKind
from pipeline.sem.simple_slopes import Slope
from pipeline.undefined import Undefined

PROBED_HERE = ("M1c", "M2-curved", "A-resilience", "A-partner-kind", "A-partner-fit")
"""No firms for the first, no ``pfcp`` for the last."""


@cache
def alliances(n: int = 400, seed: int = 11) -> pd.DataFrame:
    """Two alliances a firm. Trust is worth more where contracts are strong; innovation is best where trust and
    vigilance agree."""
    rng = np.random.default_rng(seed)
    trust, vigilance, contract = (np.clip(4 + rng.normal(0, 1.2, n), 1, 7) for _ in range(3))
    fluidity, turbulence = 4 + rng.normal(0, 1, n), 5 + rng.normal(0, 1, n)
    nonfirm = (rng.random(n) < 0.4).astype(float)
    # The slope on trust is .20 at the contracts' middle and .30 more a point above.
    resilience = 0.2 * trust + 0.3 * (trust - 4) * (contract - 4) + rng.normal(0, 0.7, n)
    innovation = 0.5 * (trust + vigilance - 8) - 0.2 * (trust - vigilance) ** 2 + rng.normal(0, 0.7, n)
    adjustment = (0.4 - 0.3 * (turbulence - 5) ** 2) * (fluidity - 4) + rng.normal(0, 0.7, n)
    performance = (0.5 - 0.4 * nonfirm) * fluidity + rng.normal(0, 0.7, n)
    frame = {"ratr": trust, "ravg": vigilance, "racs": contract, "rf": fluidity, "ra": fluidity, "tu": turbulence,
             "amex": rng.normal(5, 1, n), "partner_nonfirm": nonfirm, "lnsize": rng.normal(6, 1, n)}
    for factor, names in ((resilience, ("srrs", "srcr", "sral")), (innovation, ("ouin1", "ouin2", "ouin3")),
                          (adjustment, ("ouad1", "ouad2", "ouad3")), (performance, ("oult1", "oult2", "oult3"))):
        frame |= {name: factor + rng.normal(0, 0.5, n) for name in names}
    firms = [f"F{row // 2:03d}" for row in range(n)]
    index = pd.MultiIndex.from_arrays([firms, [f"A{row}" for row in range(n)]], names=["firm_id", "alliance_id"])
    return pd.DataFrame(frame, index=index)


@cache
def report() -> ProbesReport:
    """Of the synthetic alliances alone."""
    asked = tuple(probed for probed in PROBED if probed.model in PROBED_HERE)
    return probe_models({"alliance": alliances()}, probed=asked, surface=PROBED_SURFACE)


PLAIN = Probed("x-by-m", "made-up", "M0", "Y", "X", "M", ("X.M",), "X, by M", "success", "skill", "luck")
CURVED = Probed("x-by-m2", "made-up", "M0", "Y", "X", "M", ("X.M", "X.M.M"), "X, by M", "success", "skill", "luck")


def quantity(est: float, se: float = 0.1, pvalue: float = 0.2) -> WaldTest:
    return WaldTest("", est, se, est / se, pvalue, est - 2 * se, est + 2 * se)


def slopes(
    kind: RegionKind, regions: tuple[Region, ...], *, covered: float = 0.5, cases: float | Undefined = 0.8,
    change: WaldTest | None = None, remarks: tuple[str, ...] = (),
) -> Slopes:
    """A moderator from 1 to 7 with mean 4 and SD 1; slopes from −0.1 up by 0.1."""
    bounds = tuple(end for region in regions for end in (region.lower, region.upper) if end is not None)
    at = tuple(Slope(label, value, 0.1 * step, 0.05, 2.0 * step, 0.05, 0.1 * step - 0.1, 0.1 * step + 0.1)
               for step, (label, value) in enumerate((("mean - SD", 3.0), ("mean", 4.0), ("mean + SD", 5.0)), -1))
    curve = tuple(CurvePoint(float(m), 0.1 * (m - 4), 0.1 * (m - 4) - 0.1, 0.1 * (m - 4) + 0.1) for m in range(1, 8))
    return Slopes(100, 0.95, ModeratorRange("observed", 4.0, 1.0, 1.0, 7.0, False), (change or quantity(0.1),), at,
                  JohnsonNeyman(kind, bounds, regions, covered, 0.95), cases, None, curve, remarks)


def probe_of(found: Slopes | Undefined, probed: Probed = PLAIN) -> InteractionProbe:
    return InteractionProbe(probed, found, slopes_sentence(probed, found))
