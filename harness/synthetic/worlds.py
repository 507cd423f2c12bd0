"""The three worlds: what is true in each, chosen by hand and measured on nobody."""

from __future__ import annotations

from collections.abc import Callable

from scipy import special

from harness.errors import InputError
from harness.synthetic.curves import Curve
from harness.synthetic.model import World
from harness.synthetic.trials import CELLS, ETHNICITIES

__all__ = ["WORLDS", "world"]

# FNMR at 0.60 by ethnicity and sex, and by how much it grows: a score's standard deviation is 0.06.
FNMR_AT_060 = dict(zip(CELLS, (0.105, 0.095, 0.125, 0.11, 0.095, 0.085), strict=True))
FNMR_SPREAD = 0.06
# Comparisons between ethnicities match falsely a fifth as often as the best ethnicity does.
CROSSED = 0.2


def world(name: str) -> World:
    """Give one of the synthetic worlds.

    Parameters
    ----------
    name : str
        One of `WORLDS`.

    Raises
    ------
    InputError
        When there is no such world; the message lists those there are.
    """
    if name not in _MAKERS:
        raise InputError(f"unknown synthetic world {name!r}; there are {', '.join(_MAKERS)}")
    return _MAKERS[name]()


def _vanishing() -> World:
    white = ((0.40, 0.12), (0.50, 0.04), (0.58, 0.008))
    shared = ((0.60, 0.005), (0.65, 2e-4), (0.70, 5e-6))
    factors = {"Asian": 2.5, "Black": 4.0, "White": 1.0}
    return World(
        name="vanishing",
        description=(
            "Synthetic. The FMR of Black subjects is 4 times and of Asian subjects 2.5 times that of White "
            "subjects from 0.40 to 0.58; the ratios fall to 1 at 0.60 and are exactly 1 from there on. "
            "The sexes have equal FMR. FNMR differs mildly between groups."
        ),
        fmr_curves={label: _fmr(_times(white, factor), shared) for label, factor in factors.items()},
        cross_fmr=_fmr(_times(white, CROSSED), _times(shared, CROSSED)),
        fnmr_curves={cell: _fnmr(rate) for cell, rate in FNMR_AT_060.items()},
    )


def _persisting() -> World:
    white = ((0.40, 0.15), (0.50, 0.01), (0.56, 4e-4), (0.60, 1e-5), (0.70, 1e-9))
    factors = {"Asian": 3**0.5, "Black": 3.0, "White": 1.0}
    return World(
        name="persisting",
        description=(
            "Synthetic. The FMR of Black subjects is 3 times and of Asian subjects 1.73 times that of White "
            "subjects at every threshold from 0.40 up, without end; within ethnicities about 8 false "
            "matches in all are left at 0.60 and one at 0.62, so the difference is no longer detected. "
            "The sexes have equal FMR. FNMR differs mildly between groups."
        ),
        fmr_curves={label: _fmr(_times(white, factor)) for label, factor in factors.items()},
        cross_fmr=_fmr(_times(white, CROSSED)),
        fnmr_curves={cell: _fnmr(rate) for cell, rate in FNMR_AT_060.items()},
    )


def _equal() -> World:
    fmr = _fmr(((0.40, 0.2), (0.50, 0.06), (0.58, 0.012)), ((0.60, 0.005), (0.65, 2e-4), (0.70, 5e-6)))
    return World(
        name="equal",
        description=(
            "Synthetic. One FMR curve and one FNMR curve for everybody, also between ethnicities: "
            "no disparity at any threshold."
        ),
        fmr_curves=dict.fromkeys(ETHNICITIES, fmr),
        cross_fmr=fmr,
        fnmr_curves=dict.fromkeys(CELLS, _fnmr(0.1)),
    )


_Knots = tuple[tuple[float, float], ...]

_MAKERS: dict[str, Callable[[], World]] = {
    "vanishing": _vanishing,
    "persisting": _persisting,
    "equal": _equal,
}
WORLDS = tuple(_MAKERS)


def _times(knots: _Knots, factor: float) -> _Knots:
    return tuple((threshold, rate * factor) for threshold, rate in knots)


def _fmr(*parts: _Knots) -> Curve:
    """Join knots into a curve below which, at 0.20, every score lies: FMR is 1 there for every group."""
    return Curve(((0.20, 1.0), *(knot for part in parts for knot in part)))


def _fnmr(at_060: float) -> Curve:
    """Make a FNMR that is straight in probit: the mated scores are normal."""
    above = float(special.ndtr(special.ndtri(at_060) + 0.06 / FNMR_SPREAD))
    return Curve(((0.60, at_060), (0.66, above)), link="probit")
