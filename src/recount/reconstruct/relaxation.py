"""A part of a block: what a question is about, with the statements about nothing else.

Whatever satisfies a record satisfies a part of it, so what is proven of a part is proven of the record; what is found
in a part need not fit the rest. A part is small, and mostly it is all that an answer rests on.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from recount.reconstruct.basis import Basis
from recount.reconstruct.consistent import Held, all_names
from recount.record import Claim, Rule, Study
from recount.rules import Expression, names
from recount.solver import Statement
from recount.subproblems import Block, mentioned, most_claimed, whom, with_wheres


def part_of(
    basis: Basis,
    home: Held,
    about: Collection[str],
    where: Expression | None,
    by: str,
    without: Collection[Statement] = (),
) -> Held | None:
    """The unknowns of some variables alone, of the patients of `where`; None where that would be the whole block.

    Interchangeable patients are in the order of the variable `by`. Where all the variables belong to the same patients,
    of whom it is known how many there are, it is about those patients alone. The statements `without` aren't imposed.
    """
    block, study = home.block, home.u.study
    known = set(basis.given.fixed[0]) if basis.given.fixed else set()
    if known & set(block.variables):
        return None  # the categories that sort the patients are open
    part = _of_own_patients(basis, home, about, where, without) or _of_everybody(study, block, about, known)
    if not part.variables or (part.variables, part.where) == (block.variables, block.where):
        return None
    return basis.part(part, by if by in part.variables else most_claimed(part), study)


def _of_own_patients(
    basis: Basis, home: Held, about: Collection[str], where: Expression | None, without: Collection[Statement]
) -> Block | None:
    """The part about the patients who have the variables, where these are so many of the patients of a block cut off.

    With a statement of the block left out it is open how many they are.
    """
    study = home.u.study
    owners = {study.variables[n].where for n in about}
    owner = next(iter(owners)) if len(owners) == 1 else None
    cut_off = {b.where for b in basis.cut_off} - {None}
    if home.block.where is not None or owner not in cut_off or where not in (None, owner):
        return None
    if set(without) & home.active:
        return None
    own = [s for s in _statements(home.block) if whom(study, s) == owner and mentioned(study, s) <= set(about)]
    statements = [s for s in own if ("rule", s.id) not in basis.aside]  # it's everybody who keeps these as often as can
    return _block(home.block, about, statements, owner)


def _of_everybody(study: Study, block: Block, about: Collection[str], known: Collection[str]) -> Block:
    """The part about all the patients of the block; of these it is known already to whom the block belongs."""
    whose = set() if block.where is None else names(block.where)
    variables = with_wheres(study, set(about)) - set(known) - whose
    within = variables | set(known) | whose
    statements = [s for s in _statements(block) if with_wheres(study, all_names(study, s)) <= within]
    return _block(block, variables, statements, block.where)


def _statements(block: Block) -> list[Claim | Rule]:
    return [*block.claims, *block.rules]


def _block(
    whole: Block, variables: Collection[str], statements: Sequence[Claim | Rule], where: Expression | None
) -> Block:
    return Block(
        tuple(n for n in whole.variables if n in variables),
        tuple(s for s in statements if isinstance(s, Claim)),
        tuple(s for s in statements if isinstance(s, Rule)),
        where,
    )
