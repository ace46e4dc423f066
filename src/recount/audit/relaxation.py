"""A part of a subproblem: what a question is about, with the statements about nothing else.

Whatever satisfies a record satisfies a part of it, so what is proven of a part is proven of the record, for every
question; what is found in a part need not fit the rest, and is reached only where the verifier finds that it does. A
part is small, and mostly it is all that an answer rests on.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from recount.audit.session import Asked, Session
from recount.reconstruct import PosedSubproblem, all_names, spread_statements, without_spreads
from recount.record import Claim, Rule, Study
from recount.rules import Expression, names
from recount.subproblems import Subproblem, mentioned, statement_members, with_wheres


def parts_of(session: Session, home: PosedSubproblem, asked: Asked, about: Collection[str]) -> list[PosedSubproblem]:
    """The unknowns of some variables alone, from the fewest: of those whom the question is about; none where all are.

    First the question's own variables; where all of them belong to the same patients, of whom it is known how many
    there are, it is about those patients alone. Then these with the variables that share a statement with them, first a
    statement of two unknowns: the fewer, the sooner the solver comes to an end. Last everything but the SDs.
    """
    subproblem, study = home.subproblem, asked.study
    known = set(session.reference.known_categories)
    if known & set(subproblem.variables):
        return []  # the categories that sort the patients are open
    parts = [
        _of_own_patients(session, home, asked, about) or _of_everybody(study, subproblem, about, known),
        _of_everybody(study, subproblem, _in_pairs(asked, subproblem, known), known),
        _of_everybody(study, subproblem, _beside(asked, subproblem), known),
        *([without_spreads(subproblem)] if spread_statements(subproblem, home.imposed - asked.without) else []),
    ]
    narrower = [p for p in parts if p.variables and p.statements < subproblem.statements]
    distinct = {(p.variables, p.where, p.statements): p for p in narrower}
    return [session.part(part, asked) for part in distinct.values()]


def _in_pairs(asked: Asked, subproblem: Subproblem, known: Collection[str]) -> set[str]:
    """The variables of a question with those of statements that are about one of them and one other unknown at most."""
    told = set(asked.told())
    every = [all_names(asked.study, s) - set(known) for s in _statements(subproblem)]
    return told.union(*(found for found in every if len(found) == 2 and found & told))


def _beside(asked: Asked, subproblem: Subproblem) -> set[str]:
    """The variables of a question with those that share a statement of the subproblem with what it is asked of."""
    study, question = asked.study, asked.about
    of_question = {question.variable, question.versus} & set(study.variables)
    of_question |= set() if question.condition is None else names(question.condition)
    every = [all_names(study, s) for s in _statements(subproblem)]
    return set(asked.told()).union(*(found for found in every if found & of_question))


def _of_own_patients(
    session: Session, home: PosedSubproblem, asked: Asked, about: Collection[str]
) -> Subproblem | None:
    """The part about the patients who have the variables, where these are those of a subproblem cut off.

    With a statement of the subproblem left out or put back in, it is open how many they are.
    """
    study, reference = asked.study, session.reference
    owners = {study.variables[n].where for n in about}
    owner = next(iter(owners)) if len(owners) == 1 else None
    if home.subproblem.where is not None or owner not in reference.sizes or asked.where not in (None, owner):
        return None
    if asked.changes & set(home.u.on):
        return None
    own = [
        s
        for s in _statements(home.subproblem)
        if statement_members(study, s) == owner and mentioned(study, s) <= set(about)
    ]
    statements = [s for s in own if ("rule", s.id) not in reference.aside]  # everybody keeps these as often as can
    return _block(home.subproblem, about, statements, owner)


def _of_everybody(study: Study, subproblem: Subproblem, about: Collection[str], known: Collection[str]) -> Subproblem:
    """The part about all the patients of the subproblem; it is known already to whom it belongs."""
    whose = set() if subproblem.where is None else names(subproblem.where)
    variables = with_wheres(study, set(about)) - set(known) - whose
    within = variables | set(known) | whose
    statements = [s for s in _statements(subproblem) if with_wheres(study, all_names(study, s)) <= within]
    return _block(subproblem, variables, statements, subproblem.where)


def _statements(subproblem: Subproblem) -> list[Claim | Rule]:
    return [*subproblem.claims, *subproblem.rules]


def _block(
    whole: Subproblem, variables: Collection[str], statements: Sequence[Claim | Rule], where: Expression | None
) -> Subproblem:
    return Subproblem(
        tuple(n for n in whole.variables if n in variables),
        tuple(s for s in statements if isinstance(s, Claim)),
        tuple(s for s in statements if isinstance(s, Rule)),
        where,
    )
