"""What a plausible patient looks like: targets that a solution is moved towards, never imposed."""

from recount.plausible.targets import Chance, Known, Shapes, read_assumptions, usual_levels

__all__ = [
    "Chance",
    "Known",
    "Shapes",
    "read_assumptions",
    "usual_levels",
]
