"""What a printed record is made of: its files and their columns, its kinds of claim, its limits, and its rows read.

`study` reads and validates them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from recount.record.printed import Printed
from recount.record.tables import Schema
from recount.rules import Expression

MOST_PATIENTS = 2_000  # whom unknowns are made of: more are checked, and not reconstructed
MOST_CHECKED = 20_000
MOST_UNKNOWNS = 1_000_000
MOST_STEPS = 10**7  # so that a sum of squares over all patients stays a whole number of 62 bits
MOST_LEVELS = 200
MOST_SPELT = 300_000  # characters of all the expressions of a file
LONGEST_NAME = 40
DEEPEST_WHERE = 20
RESERVED = ("USUBJID",)

SCHEMAS = {
    schema.file: schema
    for schema in (
        Schema("variables.csv", ("name", "kind", "unit", "step", "low", "high", "levels", "description"), ("where",)),
        Schema("populations.csv", ("name", "where", "description")),
        Schema("rules.csv", ("id", "place", "rule", "description")),
        Schema(
            "claims.csv",
            ("id", "place", "population", "variable", "statistic", "printed", "versus", "description"),
            most_rows=20_000,
        ),
        Schema("settings.csv", ("setting", "value"), most_rows=100, required=False),
        Schema("assumptions.csv", ("variable", "where", "low", "typical", "high", "reason"), required=False),
    )
}
KINDS = ("category", "integer", "decimal")

SETTINGS: dict[str, tuple[str, ...]] = {
    "quantile": ("haverage", "tukey", *(f"hf{k}" for k in range(1, 10))),
    "wilcoxon": ("asymptotic",),
    "paired_t_sign": ("either",),
    "two_sample_t": ("pooled", "welch"),
    "mann_whitney": ("asymptotic", "continuity"),
    "proportion_interval": ("clopper-pearson", "wilson", "wald"),
    "confidence": ("95", "90", "99"),
}

STATISTICS: dict[str, tuple[str, str]] = {
    "n": ("none", "none"),
    "count": ("optional condition", "none"),
    "percent": ("condition", "none"),
    "ratio": ("none", "population"),
    "value": ("number", "none"),
    "min": ("number", "none"),
    "max": ("number", "none"),
    "median": ("number", "none"),
    "p25": ("number", "none"),
    "p75": ("number", "none"),
    "iqr": ("number", "none"),
    "range": ("number", "none"),
    "mean": ("number", "none"),
    "sd": ("number", "none"),
    "wilcoxon_z": ("number", "number"),
    "wilcoxon_p": ("number", "number"),
    "paired_t": ("number", "number"),
    "paired_p": ("number", "number"),
    "chi2": ("category", "category"),
    "chi2_p": ("category", "category"),
    "fisher_p": ("category", "category"),
    "se": ("number", "none"),
    "mean_change": ("number", "number"),
    "sd_change": ("number", "number"),
    "percent_change": ("number", "number"),
    "percent_ci_low": ("condition", "none"),
    "percent_ci_high": ("condition", "none"),
    "mean_ci_low": ("number", "none"),
    "mean_ci_high": ("number", "none"),
    "median_ci_low": ("number", "none"),
    "median_ci_high": ("number", "none"),
    "t2": ("number", "population"),
    "t2_p": ("number", "population"),
    "mann_whitney_u": ("number", "population"),
    "mann_whitney_z": ("number", "population"),
    "mann_whitney_p": ("number", "population"),
    "stated": ("none", "none"),
}
"""What `variable` and `versus` hold for each statistic of a claim; `stated` rests on no variable at all."""

CHECKED_ALONE = ("t2", "t2_p", "mann_whitney_u", "mann_whitney_z", "mann_whitney_p", "mean_ci_low", "mean_ci_high")
"""The statistics that are recomputed of patients and never imposed on them: they tie no variables together."""

UNSIGNED = ("wilcoxon_z", "paired_t", "t2", "mann_whitney_z")
_OF_TESTS = ("wilcoxon", "paired", "chi2", "stated", "fisher", "t2", "mann_whitney", "percent_ci", "mean_ci")
SUMMED = tuple(s for s in STATISTICS if not s.startswith(_OF_TESTS))


@dataclass(frozen=True)
class Variable:
    """What a patient has: a category with its levels, or a number from low to high in multiples of step.

    Outside of `where` (None: everybody) the value is missing.
    """

    name: str
    kind: str
    unit: str
    step: Fraction | None
    low: Fraction | None
    high: Fraction | None
    levels: tuple[str, ...]
    where: Expression | None
    description: str


@dataclass(frozen=True)
class Population:
    """The patients for whom `where` holds; None: everybody."""

    name: str
    where: Expression | None
    description: str


@dataclass(frozen=True)
class Rule:
    """A condition that every patient satisfies; `text` is the condition as written in the file."""

    id: str
    place: str
    rule: Expression
    text: str
    description: str


@dataclass(frozen=True)
class Claim:
    """One printed number.

    `condition` is what `count` and `percent` count: `variable` parsed; None: the whole population. `second` is a
    condition in `versus`, such as the other side of a chi-squared. `row` is its line in claims.csv.
    """

    id: str
    place: str
    population: str
    variable: str
    statistic: str
    printed: Printed
    versus: str
    description: str
    condition: Expression | None = None
    row: int | None = field(default=None, compare=False)
    second: Expression | None = None


@dataclass(frozen=True)
class Assumption:
    """What is assumed of a variable for the patients of `where` (None: everybody), and why.

    Without a variable, `where` is a relation that plausible patients satisfy: aimed at, not imposed.
    """

    variable: str
    where: Expression | None
    low: str
    typical: str
    high: str
    reason: str


@dataclass(frozen=True)
class Study:
    """A validated printed record; the dicts and tuples are in the order of the files."""

    folder: Path
    variables: dict[str, Variable]
    populations: dict[str, Population]
    rules: tuple[Rule, ...]
    claims: tuple[Claim, ...]
    settings: dict[str, str] = field(default_factory=dict)
    assumptions: tuple[Assumption, ...] = ()

    def setting(self, name: str) -> str:
        """A convention of the study, by its name; the first of its choices where none is named."""
        return self.settings.get(name, SETTINGS[name][0])

    def where_of(self, population: str) -> Expression | None:
        """Who belongs to a population, by its name; None: everybody."""
        return self.populations[population].where
