"""The data, models and plan that these tests share; ``tests/reference/sensitivity/script.R`` takes the same."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.models.spec import RANDOM_X, ModelSpec
from pipeline.sem.estimate import Options
from pipeline.study import SensitivityPlan, StudyPlan

REFERENCE = Path(__file__).resolve().parents[2] / "reference"
LAVAAN: dict[str, Any] = json.loads((REFERENCE / "sensitivity" / "reference.json").read_text(encoding="utf-8"))

_Z = "lnsize + firmage + tmco + ind_tech + ind_serv"
CHAIN = ModelSpec(
    "M1", "Serial mediation", "firm", f"""
LRN =~ lrar + lrco + lrsh + lrin
AMC =~ amse + amgo + amco + amex
SUC =~ sufl1 + sufl2 + sufl3 + sufl4
daf ~ a1*exp_rw + {_Z}
LRN ~ a2*daf + d*exp_rw + {_Z}
AMC ~ b*LRN + c2*daf + c1*exp_rw + {_Z}
SUC ~ g*AMC + h3*LRN + h2*daf + h1*exp_rw + {_Z}
serial_learning := a1*a2
serial_capability := serial_learning*b
serial_success := a1*a2*b*g
function_only := a1*c2
learning_only := d*b
""",
    effects=("serial_learning", "serial_capability", "serial_success", "function_only", "learning_only"),
    options=RANDOM_X)

SIMPLE = ModelSpec("simple", "Simple mediation", "firm", "m ~ a*x\ny ~ b*m + c*x\nab := a*b\ntotal := c + a*b",
                   effects=("ab",), options=Options(estimator="mlr", fixed_x=False))


def firms() -> pd.DataFrame:
    """The synthetic firms with gaps made by rule."""
    frame = pd.read_csv(REFERENCE / "sem" / "mediation.csv")
    frame.loc[frame.index[2::7], "lrar"] = np.nan
    frame.loc[frame.index[4::11], "exp_rw"] = np.nan
    return frame


def plan(rhos: tuple[float, ...] = (-0.2, 0.0, 0.25, 0.3, 0.4), reliabilities: tuple[float, ...] = (0.7, 0.8, 0.9, 1.0),
         ) -> StudyPlan:
    """A plan with these correlations and reliabilities."""
    return StudyPlan(title="t", synthetic=True, instrument="1.0.0", languages=("en",), forms={}, seed=3,
                     sensitivity=SensitivityPlan(residual_correlations=rhos, reliabilities=reliabilities))


@dataclass(frozen=True)
class Truth:
    """A simple mediation whose mediator and outcome share a cause that nobody measured."""

    a: float
    b: float
    direct: float
    rho: float

    def simulate(self, n: int, seed: int) -> pd.DataFrame:
        """Rows of x, m, y; disturbances have variances 1 and 4."""
        draw: NDArray[np.float64] = np.random.default_rng(seed).standard_normal((n, 4))
        x, confounder, own_m, own_y = draw.T
        share, rest = np.sqrt(abs(self.rho)), np.sqrt(1 - abs(self.rho))
        m = self.a * x + share * confounder + rest * own_m
        y = self.b * m + self.direct * x + 2 * (np.sign(self.rho) * share * confounder + rest * own_y)
        return pd.DataFrame({"x": x, "m": m, "y": y})
