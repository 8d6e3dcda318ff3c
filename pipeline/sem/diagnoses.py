"""What a reader must know of an estimate before its numbers."""

from __future__ import annotations

from pipeline.sem.fit import Diagnosis
from pipeline.sem.inference import Bread, improprieties, name_of
from pipeline.sem.minimise import Minima
from pipeline.sem.ordered import disordered_thresholds
from pipeline.sem.problem import Problem


def diagnoses_of(problem: Problem, minima: Minima, inner: Bread, npar: int) -> tuple[Diagnosis, ...]:
    """Sentences on convergence, identification, admissibility, bounds and data, in this order."""
    table, theta = problem.table, minima.theta[0]
    said: list[Diagnosis] = []
    if not minima.converged[0]:
        said.append(Diagnosis(
            "not-converged", f"Estimation did not converge: after {minima.iterations[0]} steps the minimum still seems "
            f"{minima.distance[0]:.2g} standard errors away. Standard errors and fit are not given."))
    elif inner.negative:
        said.append(Diagnosis("not-a-minimum", "The information matrix is not positive definite: this is no minimum. "
                              "Standard errors are not to be used."))
    if minima.converged[0] and inner.unidentified.any():
        listed = tuple(name_of(row, table.groups) for row in table.free_rows() if inner.unidentified[row.free - 1])
        said.append(Diagnosis("not-identified", "Not identified: the data cannot tell these parameters apart: "
                              + "; ".join(listed) + ".", listed))
    if minima.converged[0]:
        implied = problem.objective.implied(theta[None])
        said += [Diagnosis(found.code, found.text, found.about)
                 for found in improprieties(table, problem.objective.groups, implied)]
        said += [Diagnosis("disordered-thresholds", text, (variable,))
                 for variable, text in disordered_thresholds(problem.objective, theta, table.groups)]
    for row in table.free_rows():
        if row.free - 1 in problem.at_bound:
            said.append(Diagnosis("at-bound", f"The variance {name_of(row, table.groups)} is held at its bound, 0.",
                                  (name_of(row, table.groups),)))
    if problem.n < npar:
        said.append(Diagnosis("few-cases", f"There are fewer cases ({problem.n}) than free parameters ({npar})."))
    for label, moments in zip(table.groups or ("",), problem.saturated, strict=True):
        if not moments.converged:
            said.append(Diagnosis("saturated-moments", "Expectation maximisation of the unrestricted moments did not "
                                  f"converge{' in group ' + label if label else ''}; fit is not to be used."))
    said += [Diagnosis("ordered-moments", text) for _, text in problem.said]
    said += [Diagnosis("note", note) for note in table.notes]
    return tuple(said)
