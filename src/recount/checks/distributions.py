"""Survival functions of the normal, t and chi-squared distributions, and their inverses, as scipy.stats has them.

They are scipy.special's, to the last bit: importing scipy.stats takes a second, which a command would feel.
"""

from __future__ import annotations

from math import inf


def normal_sf(z: float) -> float:
    """The share of the standard normal distribution above z."""
    from scipy import special

    return float(special.ndtr(-z))


def normal_isf(share: float) -> float:
    """The z above which this share of the standard normal distribution lies."""
    from scipy import special

    return -float(special.ndtri(share))


def t_sf(t: float, df: float) -> float:
    """The share of Student's distribution on `df` degrees of freedom above t."""
    from scipy import special

    return float(special.stdtr(df, -t))


def t_isf(share: float, df: float) -> float:
    """The t above which this share of Student's distribution on `df` degrees of freedom lies."""
    from scipy import special

    return inf if share == 0 else -float(special.stdtrit(df, share))


def chi2_sf(square: float, df: float) -> float:
    """The share of the chi-squared distribution on `df` degrees of freedom above a number."""
    from scipy import special

    return float(special.chdtrc(df, max(square, 0.0)))
