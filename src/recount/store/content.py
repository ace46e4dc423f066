"""The key of an answer: the SHA-256 of a canonical text of all that the answer depends on.

Whatever isn't known not to matter counts: each field of a dataclass but those of `IMMATERIAL`, so that a field added
tomorrow counts too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from fractions import Fraction
from typing import Any, Protocol

from recount.record import Assumption, Claim, Population, Rule, Study, Variable
from recount.rules import Expression, names
from recount.store.made_by import code_digest, versions

IMMATERIAL: dict[type, frozenset[str]] = {
    Claim: frozenset({"place", "description", "row"}),
    Rule: frozenset({"place", "description", "text"}),  # what the text means is in `rule`
    Variable: frozenset({"description"}),
    Population: frozenset({"description"}),
    Assumption: frozenset({"reason"}),
    Study: frozenset({"folder"}),
}
"""Fields that no answer depends on. An answer names a statement by its id; sentences with its place are made later."""


class AskedAbout(Protocol):
    """What is asked of a record: a statistic of a variable or of a condition in a population."""

    @property
    def population(self) -> str: ...

    @property
    def variable(self) -> str: ...

    @property
    def versus(self) -> str: ...

    @property
    def condition(self) -> Expression | None: ...


def key_of(**content: Any) -> str:
    """The SHA-256, as 64 hexadecimal digits, of the content, the versions of packages and recount's own code.

    The content is what `content_of` takes. It has to name all that the answer depends on: the statements and what they
    mention (see `content_of_part`), how many patients there are, the question, the limit, the seed.
    """
    whole = {"content": content, "versions": versions(), "code": code_digest()}
    return hashlib.sha256(_canonical_text(content_of(whole)).encode("ascii")).hexdigest()


def content_of(thing: Any) -> Any:
    """The content of a thing as what JSON holds: equal exactly where the things mean the same.

    A thing is None, a truth, a number, a text, a Fraction, or a tuple, list, set, dict or dataclass of such: a claim, a
    rule, a variable, a population, an expression, a study. A tuple's order counts, a set's and a dict's doesn't; a
    record's fields that say nothing (`IMMATERIAL`) are left out. Raises TypeError of anything else.
    """
    if thing is None or type(thing) in (bool, str, int):
        return thing
    if isinstance(thing, Fraction):
        return ["Fraction", str(thing)]
    if type(thing) is float:
        return ["float", thing.hex()]
    if type(thing) in (tuple, list):
        return ["in order", [content_of(item) for item in thing]]
    if isinstance(thing, AbstractSet):
        return ["set", _in_one_order(content_of(item) for item in thing)]
    if isinstance(thing, Mapping):
        return ["mapping", _in_one_order([content_of(name), content_of(value)] for name, value in thing.items())]
    if is_dataclass(thing) and not isinstance(thing, type):
        return _of_fields(thing)
    raise TypeError(f"a key is made of numbers, texts, tuples, sets, dicts and dataclasses (got {type(thing)})")


def _of_fields(thing: Any) -> Any:
    kind = type(thing)
    left_out = IMMATERIAL.get(kind, frozenset())
    counted = [f.name for f in fields(thing) if f.init and f.name not in left_out]
    return [f"{kind.__module__}.{kind.__qualname__}", {name: content_of(getattr(thing, name)) for name in counted}]


def _in_one_order(contents: Iterable[Any]) -> list[Any]:
    return sorted(contents, key=_canonical_text)


def _canonical_text(content: Any) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"))


def content_of_part(
    study: Study, statements: Iterable[Claim | Rule], asked: AskedAbout | None = None
) -> dict[str, Any]:
    """What statements and a question depend on: themselves, their variables and populations, and the settings.

    For `key_of(**content_of_part(...), patients=24, limit=2.0)`. Variables that say who has a value are among those
    mentioned, and so on. Statements, variables and populations are without order; where an answer depends on it, as
    patients drawn do, the caller adds the order, such as the tuple of ids.
    """
    known = frozenset(statements)
    claims: list[AskedAbout] = [s for s in known if isinstance(s, Claim)]
    abouts = claims if asked is None else [*claims, asked]
    populations = {n: study.populations[n] for a in abouts for n in (a.population, a.versus) if n in study.populations}
    found = {name for a in abouts for name in (a.variable, a.versus) if name in study.variables}
    expressions = [s.rule for s in known if isinstance(s, Rule)]
    seconds = [a.second for a in abouts if isinstance(a, Claim)]
    expressions += [
        e for e in (*(a.condition for a in abouts), *seconds, *(p.where for p in populations.values())) if e
    ]
    found = _with_wheres(study, found.union(*map(names, expressions)))
    return {
        "statements": known,
        "asked": asked,
        "variables": {name: study.variables[name] for name in found},
        "populations": populations,
        "settings": study.settings,
    }


def _with_wheres(study: Study, found: set[str]) -> set[str]:
    """The variables with those that say who has them, and so on."""
    more = set().union(*(names(w) for n in found if (w := study.variables[n].where) is not None)) - found
    return _with_wheres(study, found | more) if more else found
