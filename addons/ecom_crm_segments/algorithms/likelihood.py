"""Search for the most likely parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def maximise(
    objective: Callable, starts: Sequence, bounds: Sequence[tuple[float, float]]
):
    """Smallest value that the search finds from some starts.

    Sequential quadratic programming (D. Kraft 1988): with so few parameters it takes a
    fraction of what L-BFGS-B needs, whose linear algebra waits for threads on a busy
    machine. That one is asked when the first gives up.

    :param objective: gives a value to be made small and its derivatives.
    :param starts: points of the length of ``bounds``.
    :return: the point and its value; the value is not finite when nothing was found.
    """
    from scipy.optimize import minimize

    best = None
    for start in starts:
        for method, options in (
            ("SLSQP", {"maxiter": 500, "ftol": 1e-14}),
            ("L-BFGS-B", {"maxiter": 1000, "ftol": 1e-13, "gtol": 1e-9}),
        ):
            found = minimize(
                objective,
                start,
                jac=True,
                method=method,
                bounds=bounds,
                options=options,
            )
            if best is None or not found.fun >= best.fun:
                best = found
            if found.success:
                break
    return best.x, float(best.fun)
