"""A second prover: published bounds asked again of another solver, through an encoding of its own.

It shares the reading of a record with the rest of `recount`, and nothing else: no model, no search, no order among
patients, no subproblems. A record is counted by types of patients and put to HiGHS as an integer programme.
"""

from recount.second_prover.ladder import Proof
from recount.second_prover.published import Answered, prove_ledger, proven_twice

__all__ = [
    "Answered",
    "Proof",
    "prove_ledger",
    "proven_twice",
]
