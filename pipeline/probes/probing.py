"""Simple slopes, Johnson-Neyman regions and the response surface of a study's models.

Kernels: :mod:`pipeline.sem.simple_slopes`, :mod:`pipeline.sem.response_surface`. Here models are estimated where that
was not done already, kernels are asked, and what cannot be found becomes an entry that says why.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.spatial import ConvexHull

from instrument.errors import InputError
from pipeline.estimation import estimate, model_frame
from pipeline.models import ALL_MODELS
from pipeline.models.spec import Level, ModelSpec, Surface
from pipeline.probes import PROBED, PROBED_SURFACE
from pipeline.probes.found import (
    CurvePoint,
    InteractionProbe,
    ModeratorRange,
    Probed,
    ProbedSurface,
    ProbesReport,
    Slopes,
    SurfaceFound,
    SurfacePoint,
    SurfaceProbe,
)
from pipeline.probes.sentences import slopes_sentence, surface_sentence
from pipeline.sem.coefficients import delta_test, regression
from pipeline.sem.estimate import Estimated
from pipeline.sem.johnson_neyman import JohnsonNeyman
from pipeline.sem.linalg import Array
from pipeline.sem.response_surface import response_surface, within_range
from pipeline.sem.simple_slopes import Moderator, latent_moderator, observed_moderator, probe
from pipeline.undefined import Number, Undefined

CURVE_POINTS = 61
GRID_POINTS = 13
"""A side; on a scale from 1 to 7, every half point."""

Frames = Mapping[Level, pd.DataFrame]


def probe_models(
    frames: Frames, *, level: float = 0.95, estimated: Mapping[str, Estimated] | None = None,
    probed: tuple[Probed, ...] = PROBED, surface: ProbedSurface | None = PROBED_SURFACE,
) -> ProbesReport:
    """Probe every declared interaction and the surface.

    Parameters
    ----------
    frames
        Firms, and alliances joined with their firms where there are any.
    level
        Of intervals and regions.
    estimated
        Estimates made already on these frames, by the model's id; other models are estimated here, each once.
    """
    known = _Estimates(frames, dict(estimated or {}))
    slopes = []
    for asked in probed:
        found = _slopes(asked, known, level)
        slopes.append(InteractionProbe(asked, found, slopes_sentence(asked, found)))
    if surface is None:
        return ProbesReport(level, tuple(slopes), None)
    read = _surface(surface, known, level)
    return ProbesReport(level, tuple(slopes), SurfaceProbe(surface, read, surface_sentence(surface, read)))


class _Estimates:
    """A study's models on its rows, each estimated when first asked for; a failure is kept as its reason."""

    def __init__(self, frames: Frames, estimated: dict[str, Estimated]) -> None:
        self._frames = frames
        self._known: dict[str, tuple[Estimated, pd.DataFrame] | Undefined] = {}
        self._given = estimated

    def __call__(self, model: str) -> tuple[Estimated, pd.DataFrame] | Undefined:
        """The estimated model and the rows it was estimated on, products and surface terms among the columns."""
        if model not in self._known:
            self._known[model] = self._find(ALL_MODELS[model])
        return self._known[model]

    def _find(self, spec: ModelSpec) -> tuple[Estimated, pd.DataFrame] | Undefined:
        frame = self._frames.get(spec.level)
        if frame is None:
            return Undefined(f"there are no answers about {spec.level}s")
        try:
            rows = model_frame(spec, frame)
            return self._given.get(spec.id) or estimate(spec, frame), rows
        except InputError as error:
            return _because(error)


def _because(error: InputError) -> Undefined:
    """The first thing that is wrong, as the end of a sentence."""
    rule = error.findings[0].rule.rstrip(".")
    return Undefined(rule[:1].lower() + rule[1:])


def _slopes(asked: Probed, known: _Estimates, level: float) -> Slopes | Undefined:
    found = known(asked.model)
    if isinstance(found, Undefined):
        return found
    try:
        return read_slopes(asked, *found, level=level)
    except InputError as error:
        return _because(error)


def read_slopes(asked: Probed, estimated: Estimated, rows: pd.DataFrame, *, level: float) -> Slopes | Undefined:
    """One interaction of an estimated model.

    Parameters
    ----------
    rows
        The rows the products were made of, with the moderator where it is observed: its mean there is what centring
        took off.

    Raises
    ------
    InputError
        ``SEM-PATH``, ``PRODUCT-CONSTANT``, ``SLOPE-…``.
    """
    latent = asked.moderator in estimated.problem.table.latent
    values = None if latent else rows[asked.moderator].to_numpy(dtype=float)
    moderator = (latent_moderator(estimated, asked.moderator) if values is None
                 else observed_moderator(asked.moderator, values))
    if isinstance(moderator, Undefined):
        return moderator
    equation = regression(estimated, asked.outcome, (asked.focal, *asked.products))
    if isinstance(equation, Undefined):
        return equation
    if not (np.isfinite(equation.b).all() and np.isfinite(equation.V).all()):
        return Undefined("a coefficient or its variance is not finite")
    probed = probe(estimated, asked.outcome, asked.focal, asked.products, moderator, level=level, points=CURVE_POINTS)
    if isinstance(probed, Undefined):
        return probed
    terms = tuple(
        delta_test(name, float(equation.b[place]), np.eye(len(equation.b))[place], equation.V, level)
        for place, name in enumerate(asked.products, 1))
    return Slopes(
        estimated.problem.n, level, _range(moderator), terms, probed.slopes,
        probed.johnson_neyman, _cases(probed.johnson_neyman, values), probed.turning_point,
        tuple(CurvePoint(point.value, point.est, point.lower, point.upper) for point in probed.curve),
        _remarks(estimated))


def _cases(regions: JohnsonNeyman | Undefined, values: Array | None) -> Number:
    """Share of the present ``values`` (n,) inside the regions."""
    if isinstance(regions, Undefined):
        return regions
    if values is None:
        return Undefined("nobody's value of a latent variable is known")
    present = values[np.isfinite(values)]
    inside = np.zeros(len(present), dtype=bool)
    for region in regions.regions:
        inside |= ((present >= (-np.inf if region.lower is None else region.lower))
                   & (present <= (np.inf if region.upper is None else region.upper)))
    return float(inside.mean())


def _range(moderator: Moderator) -> ModeratorRange:
    return ModeratorRange(moderator.basis, moderator.mean, moderator.sd, moderator.low, moderator.high,
                          moderator.two_valued)


def _remarks(estimated: Estimated) -> tuple[str, ...]:
    """What makes the solution doubtful; the parser's notes do not."""
    return tuple(diagnosis.text for diagnosis in estimated.diagnoses if diagnosis.code != "note")


def _surface(asked: ProbedSurface, known: _Estimates, level: float) -> SurfaceFound | Undefined:
    surface = ALL_MODELS[asked.model].surface
    if surface is None:
        return Undefined(f"model {asked.model} has no surface")
    found = known(asked.model)
    if isinstance(found, Undefined):
        return found
    try:
        return read_surface(asked, surface.midpoint, *found, level=level)
    except InputError as error:
        return _because(error)


def read_surface(
    asked: ProbedSurface, midpoint: float, estimated: Estimated, rows: pd.DataFrame, *, level: float,
) -> SurfaceFound | Undefined:
    """The surface of an estimated model; ``rows`` hold its terms, counted from ``midpoint``.

    Raises
    ------
    InputError
        ``SEM-PATH``, ``SURFACE-…``.
    """
    data = rows[list(Surface.names[:2])].to_numpy(dtype=float)
    read = response_surface(estimated, asked.outcome, Surface.names, data, level=level, points=GRID_POINTS,
                            limits=(asked.low - midpoint, asked.high - midpoint))
    if isinstance(read, Undefined):
        return read
    complete = data[np.isfinite(data).all(axis=1)]
    inside = None
    if not isinstance(read.stationary, Undefined):
        x, y = read.stationary
        inside = bool(within_range(data, np.array([[x.est, y.est]]))[0])
    return SurfaceFound(
        estimated.problem.n, len(complete), level, midpoint, read.coefficients,
        read.tests, read.shape, read.stationary, inside, read.first_axis,
        read.second_axis,
        tuple(SurfacePoint(point.x, point.y, point.predicted.est, point.predicted.lower, point.predicted.upper,
                           point.inside) for point in read.grid),
        hull_of(complete), _remarks(estimated))


def hull_of(pairs: Array) -> tuple[tuple[float, float], ...]:
    """Corners of the convex hull of ``pairs`` (n, 2), counter-clockwise."""
    return tuple((float(pairs[corner, 0]), float(pairs[corner, 1])) for corner in ConvexHull(pairs).vertices)


