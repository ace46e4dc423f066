"""Long work: processes, progress, what was finished kept until all is there."""

from recount.running.processes import WorkersDied, each_result, holding
from recount.running.progress import Teller, pace_text
from recount.running.resuming import Unfinished
from recount.running.undecided import Undecided

__all__ = [
    "Teller",
    "Undecided",
    "Unfinished",
    "WorkersDied",
    "each_result",
    "holding",
    "pace_text",
]
