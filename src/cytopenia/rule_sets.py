"""Sets of response criteria as data: a rule a row, its wording beside it, and switches for what wording leaves open.

* `criteria.csv`: the rules. `confirm` is how many days apart two readings stand that confirm a response, 0 for
  one reading; `washout` how many days after a transfusion of its lineage a reading gives no response.
* `criteria_sets.csv`: the sets. A set that extends another replaces the rows it has and takes the others from there.
* `switches.csv`: the ambiguities. An option replaces a part of a rule, a number of a rule's row, all rules of a
  lineage (`rules`), or a parameter; the default option replaces nothing. A reason stands beside each.
* `response_landmarks.csv`: rules that are asked at one time each.

A set is addressed by its name and the switches that differ from their defaults, `paper+rise=by-2+confirm=7-days`;
by a path from the project's folder that ends with .csv, for rules of one's own; and with parameters, `paper+last=40`.

`status` says how well a rule is known: printed (in the paper), sourced, second-hand (as somebody else cites it), our
reading, or from memory, unverified.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

from compendium.project import root
from cytopenia.schemas import packaged_rows
from recount.record import Fault, Faults, Row, Schema, Table, read_table
from recount.rules import And, Compare, Expression, ExpressionError, counterexample, example, names, parse, resolve

LINEAGES = ("PLT", "HB")
GIVEN = ("CR", "PR", "NR")
RESPONSES = ("CR", "PR", "NR", "NE")
RESPONDED = ("CR", "PR")
RULED = (*GIVEN, "RELAPSE")
MOST_DAYS = 3650


@dataclass(frozen=True)
class Criterion:
    """One response of one lineage in one set: its rule, the rule in words, and where it comes from."""

    crit: str
    lineage: str
    response: str
    order: int
    rule: str
    wording: str
    source: str
    status: str = ""
    confirm: int = 0
    washout: int = 0

    @property
    def expression(self) -> Expression:
        """The rule, parsed."""
        return _parsed(self.rule)


_parsed = cache(parse)


@dataclass(frozen=True)
class NormalRanges:
    """Limits of normal that the paper does not print: assumed, not printed.

    The lower limits of haemoglobin (g/L), platelets and neutrophils (10^9/L), creatinine (umol/L) and IgG
    (g/L); the upper limits of reticulocytes (%), bilirubin (umol/L), ALT (U/L) and creatinine (umol/L).
    Adults' usual laboratory limits, from memory; give your own laboratory's.
    """

    hb_low_men: float = 130
    hb_low_women: float = 115
    reti_high: float = 1.5
    bili_high: float = 17.1
    plt_low: float = 125
    neut_low: float = 1.8
    alt_high_men: float = 50
    alt_high_women: float = 40
    creat_high_men: float = 111
    creat_high_women: float = 81
    creat_low_men: float = 57
    creat_low_women: float = 41
    igg_low: float = 7


@dataclass(frozen=True)
class Parameters:
    """How a set's rules are asked.

    `first` and `last` are the study days between which a reading stands for month 1; `moment` is at (month 1) or
    within; `origin` (study-day, elapsed, bortezomib) is where days are counted from, `time` (responders,
    everybody) whose time to response is summed up; `overall` (worse, better, platelets, haemolysis) is the
    response of two lineages; `rescue` (ignored, open, failure) is what a response after rescue treatment is, and
    `missing` (open, failure) what a landmark without its reading is.
    """

    first: int = 24
    last: int = 37
    moment: str = "at"
    origin: str = "study-day"
    time: str = "responders"
    overall: str = "worse"
    rescue: str = "ignored"
    missing: str = "open"


@dataclass(frozen=True)
class Landmark:
    """A rule that is asked of the platelets nearest to a study day, from the first to the last day given."""

    crit: str
    landmark: str
    day: int
    first: int
    last: int
    rule: str
    wording: str
    source: str
    status: str

    @property
    def expression(self) -> Expression:
        """The rule, parsed."""
        return _parsed(self.rule)


@dataclass(frozen=True)
class Option:
    """One replacement that an option of a switch makes; the default's makes none (`column` is empty).

    `column` is rule, order, confirm or washout of the rows of a lineage and response (empty: of all), rules, or the
    name of a parameter.
    """

    switch: str
    option: str
    default: bool
    sets: tuple[str, ...]
    lineage: str
    response: str
    column: str
    old: str
    new: str
    reads: str
    reason: str
    source: str
    status: str


@dataclass(frozen=True)
class RuleSet:
    """A set of criteria as it is asked: rules in their order, parameters, landmarks, and the options named.

    `chain` are the sets it extends and itself; `chosen` are the options that its address names, without defaults.
    """

    name: str
    chain: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    parameters: Parameters = field(default_factory=Parameters)
    landmarks: tuple[Landmark, ...] = ()
    chosen: Mapping[str, str] = field(default_factory=dict)

    def of(self, lineage: str) -> tuple[Criterion, ...]:
        """The rules of CR, PR and NR of a lineage, in their order."""
        return tuple(c for c in self.criteria if c.lineage == lineage and c.response != "RELAPSE")

    def relapse(self, lineage: str) -> Criterion | None:
        """The rule of relapse of a lineage, if the set has one."""
        return next((c for c in self.criteria if c.lineage == lineage and c.response == "RELAPSE"), None)


# What is packaged --------------------------------------------------------------------------------


@cache
def read_criteria() -> tuple[Criterion, ...]:
    """Every row of `criteria.csv`."""
    return tuple(_criterion(**row) for row in packaged_rows("criteria.csv"))


def _criterion(order: str, confirm: str, washout: str, **texts: str) -> Criterion:
    return Criterion(order=int(order), confirm=int(confirm), washout=int(washout), **texts)


@cache
def criteria_sets() -> tuple[str, ...]:
    """The names of the criteria sets, in the order of `criteria_sets.csv`."""
    return tuple(row["crit"] for row in packaged_rows("criteria_sets.csv"))


@cache
def options() -> tuple[Option, ...]:
    """Every row of `switches.csv`."""
    return tuple(_option(**row) for row in packaged_rows("switches.csv"))


def _option(default: str, sets: str, **texts: str) -> Option:
    old, new = texts.pop("replace"), texts.pop("with")
    return Option(default=default == "Y", sets=tuple(sets.split("|")), old=old, new=new, **texts)


@cache
def _landmarks() -> tuple[Landmark, ...]:
    return tuple(_landmark(**row) for row in packaged_rows("response_landmarks.csv"))


def _landmark(day: str, first: str, last: str, **texts: str) -> Landmark:
    return Landmark(day=int(day), first=int(first), last=int(last), **texts)


def switches_of(rules: RuleSet) -> dict[str, tuple[str, ...]]:
    """The switches that a set has, each with its options, the default first."""
    found: dict[str, dict[str, bool]] = {}
    for option in options():
        if _concerns(option, rules.chain):
            found.setdefault(option.switch, {})[option.option] = option.default
    return {name: tuple(sorted(known, key=lambda o: not known[o])) for name, known in found.items()}


def _concerns(option: Option, chain: Sequence[str]) -> bool:
    """Whether a switch is one of a set's: of the nearest set of its chain that has rows of that switch, or of all."""
    mine = [o for o in options() if o.switch == option.switch]
    near = next((name for name in reversed(chain) if any(name in o.sets for o in mine)), "*")
    return near in option.sets


# Addresses ---------------------------------------------------------------------------------------


def rule_set(address: str) -> RuleSet:
    """The set of criteria that an address names.

    Raises Faults, all at once: an unknown set, switch, option or parameter, a switch named twice or that changes
    nothing here, and whatever is wrong with rules of one's own.
    """
    return _rule_set(address) if not address.partition("+")[0].endswith(".csv") else _made(address)


@cache
def _rule_set(address: str) -> RuleSet:
    return _made(address)


def criteria_of(crit: str) -> tuple[Criterion, ...]:
    """The criteria of a set in their order, RELAPSE last; raises Faults as `rule_set` does."""
    return rule_set(crit).criteria


def _made(address: str) -> RuleSet:
    name, *settings = address.split("+")
    faults: list[Fault] = []
    base = _base(name, faults)
    if base is not None:
        for setting in settings:
            base = _set(base, setting, faults)
    if base is None or faults:
        raise Faults(faults)
    return replace(base, name=address)


def chosen_of(rules: RuleSet) -> dict[str, str]:
    """The option chosen of each switch of a set, defaults filled in."""
    return {switch: rules.chosen.get(switch, known[0]) for switch, known in switches_of(rules).items()}


def _base(name: str, faults: list[Fault]) -> RuleSet | None:
    if name.endswith(".csv"):
        return own_set(name, faults)
    if name not in criteria_sets():
        rule = f"a criteria set is one of {', '.join(criteria_sets())}, or a file of rules that ends with .csv"
        faults.append(Fault("criteria", None, None, rule, name, "choose one"))
        return None
    extended = {row["crit"]: row["extends"] for row in packaged_rows("criteria_sets.csv")}[name]
    below = rule_set(extended) if extended else RuleSet("", (), ())
    return replace(
        below,
        name=name,
        chain=(*below.chain, name),
        criteria=_ordered({_key(c): c for c in (*below.criteria, *(c for c in read_criteria() if c.crit == name))}),
        landmarks=(*below.landmarks, *(one for one in _landmarks() if one.crit == name)),
    )


def _key(criterion: Criterion) -> tuple[str, str]:
    return criterion.lineage, criterion.response


def _ordered(rows: Mapping[tuple[str, str], Criterion]) -> tuple[Criterion, ...]:
    return tuple(sorted(rows.values(), key=lambda c: (LINEAGES.index(c.lineage), c.order)))


def _set(rules: RuleSet, setting: str, faults: list[Fault]) -> RuleSet:
    """The set with one `name=value` of an address; the set itself and a fault where that can't be."""
    name, _, value = setting.partition("=")
    known = switches_of(rules)
    if name in known:
        return _switched(rules, name, value, faults)
    parameters = {f.name: getattr(rules.parameters, f.name) for f in fields(Parameters)}
    whole = [parameter for parameter, default in parameters.items() if isinstance(default, int)]
    if name in whole:
        return _with_days(rules, name, value, faults)
    rule = f"{rules.name} has the switches {', '.join(known)} and the parameters {', '.join(whole)}, as name=value"
    faults.append(Fault("criteria", None, rules.name, rule, setting, "use one"))
    return rules


def _with(rules: RuleSet, parameter: str, value: str | int) -> RuleSet:
    changes: dict[str, Any] = {parameter: value}
    return replace(rules, parameters=replace(rules.parameters, **changes))


def _with_days(rules: RuleSet, name: str, value: str, faults: list[Fault]) -> RuleSet:
    days = _days(value)
    if days is None:
        rule = f"{name} is a whole number of days from 0 to {MOST_DAYS}"
        faults.append(Fault("criteria", None, rules.name, rule, value, "write digits"))
        return rules
    changed = _with(rules, name, days)
    first, last = changed.parameters.first, changed.parameters.last
    if not 1 < first <= last:
        rule = "month 1 is looked for from a day after 1 to the same or a later day"
        faults.append(Fault("criteria", None, rules.name, rule, f"day {first} to day {last}", "mend first and last"))
    return changed


def _days(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 and int(text) <= MOST_DAYS else None


def _switched(rules: RuleSet, switch: str, value: str, faults: list[Fault]) -> RuleSet:
    mine = [o for o in options() if o.switch == switch and _concerns(o, rules.chain)]
    picked = [o for o in mine if o.option == value]
    if not picked or switch in rules.chosen:
        known = ", ".join(dict.fromkeys(o.option for o in mine))
        rule = f"{switch} is set once, to one of {known}"
        got = value if not picked else f"{rules.chosen[switch]}, then {value}"
        faults.append(Fault("criteria", None, rules.name, rule, got, "choose one"))
        return rules
    changed = rules
    for option in picked:
        changed = _replaced(changed, option)
    if changed == rules and not picked[0].default:
        rule = f"{switch}={value} changes something in the set"
        got = "nothing that it would replace is there"
        faults.append(Fault("criteria", None, rules.name, rule, got, "leave it out"))
    return replace(changed, chosen={**rules.chosen, switch: value})


def _replaced(rules: RuleSet, option: Option) -> RuleSet:
    """The set with one replacement made wherever what it replaces stands."""
    if not option.column:
        return rules
    if option.column == "rules":
        others = [c for c in rule_set(option.new).criteria if c.lineage == option.lineage]
        kept = [c for c in rules.criteria if c.lineage != option.lineage]
        return replace(rules, criteria=_ordered({_key(c): c for c in (*kept, *others)}))
    if option.column in {f.name for f in fields(Parameters)}:
        return _with(rules, option.column, option.new)
    rows = {_key(c): _row_replaced(c, option) if _meant(c, option) else c for c in rules.criteria}
    return replace(rules, criteria=_ordered(rows))


def _meant(criterion: Criterion, option: Option) -> bool:
    return option.lineage in ("", criterion.lineage) and option.response in ("", criterion.response)


def _row_replaced(criterion: Criterion, option: Option) -> Criterion:
    value = str(getattr(criterion, option.column))
    if option.column == "rule":
        new: Any = value.replace(option.old, option.new) if option.old in value else value
    else:
        new = int(option.new) if value == option.old else int(value)
    if str(new) == value:
        return criterion
    wording = f"{criterion.wording} [{option.switch}={option.option}: {option.reads}]"
    changes: dict[str, Any] = {option.column: new}
    return replace(criterion, wording=wording, **changes)


# Rules of one's own ------------------------------------------------------------------------------

OWN = ("lineage", "response", "order", "rule", "wording", "source")
OWN_OPTIONAL = ("confirm", "washout", "status")


@dataclass(frozen=True)
class Quantity:
    """What a rule can speak of: a number, or a category with its levels."""

    kind: str
    levels: tuple[str, ...] = ()


QUANTITIES: Mapping[str, Quantity] = {
    **{name: Quantity("decimal") for name in ("PLT", "PLT_BL", "PLT_BEST", "HB", "HB_BL", "RETI", "BILI")},
    **{name: Quantity("decimal") for name in ("HB_LLN", "RETI_ULN", "BILI_ULN")},
    "DAT": Quantity("category", ("NEGATIVE", "DECREASED", "UNCHANGED")),
    "BLEED": Quantity("category", ("Y", "N")),
    "SYMPTOMS": Quantity("category", ("Y", "N")),
    "SEX": Quantity("category", ("M", "F")),
    "HAD_CR": Quantity("category", ("Y", "N")),
}
"""The columns of a reading that rules speak of; 10^9/L, g/L, %, umol/L.

PLT_BEST, the best platelets so far, and HAD_CR, whether a complete response of the lineage came before, are found from
the patient's readings; HAD_CR is for rules of relapse.
"""

LEVELS = {name: quantity.levels for name, quantity in QUANTITIES.items() if quantity.levels}


def own_set(path: str, faults: list[Fault]) -> RuleSet | None:
    """The rules of a CSV file of one's own, by its path from the project's folder; None with its faults noted."""
    place = Path(path) if Path(path).is_absolute() else root() / path
    table = read_table(place.parent, Schema(place.name, OWN, OWN_OPTIONAL, 50))
    rows = [(row, _own_row(path, row)) for row in table.rows]
    _check_together(table, [(row, one) for row, one in rows if one is not None])
    faults += table.faults
    if table.faults or not table.usable:
        return None
    return RuleSet(path, (path,), _ordered({_key(one): one for _, one in rows if one is not None}))


def _own_row(path: str, row: Row) -> Criterion | None:
    numbers = {name: _days(row[name] or "0") for name in ("order", "confirm", "washout")}
    for name, days in numbers.items():
        if days is None or (name == "order" and not row[name]):
            row.note_fault(name, f"{name} is a whole number from 0 to {MOST_DAYS}", "write digits")
    for name, known in (("lineage", LINEAGES), ("response", RULED)):
        if row[name] not in known:
            row.note_fault(name, f"{name} is one of {', '.join(known)}", "write one of these")
    sound = _sound(row)
    if not sound or None in numbers.values() or row["lineage"] not in LINEAGES or row["response"] not in RULED:
        return None
    cells: dict[str, Any] = {name: row[name] for name in (*OWN, *OWN_OPTIONAL)}
    return Criterion(crit=path, **{**cells, **{name: days or 0 for name, days in numbers.items()}})


def _sound(row: Row) -> bool:
    """Whether a row's rule can be read, speaks of what a reading has, and can be true."""
    try:
        rule = resolve(parse(row["rule"]), QUANTITIES)
        possible = example(And((rule, *facts())), LEVELS) is not None
    except ExpressionError as error:
        for problem in error.problems:
            shown = problem if error.position is None else f"{problem}, at character {error.position}"
            row.note_fault("rule", shown, f"a rule speaks of {', '.join(QUANTITIES)}; see src/cytopenia/criteria.csv")
        return False
    if not possible:
        row.note_fault("rule", "some reading satisfies the rule", "mend what contradicts itself")
    return possible


def facts(ranges: NormalRanges | None = None) -> tuple[Expression, ...]:
    """What holds of every reading: nothing is below 0, and the limits of normal are what they are."""
    limits = ranges or NormalRanges()
    low, high = sorted((limits.hb_low_men, limits.hb_low_women))
    texts = [f"{name} >= 0" for name, quantity in QUANTITIES.items() if not quantity.levels]
    texts += [f"HB_LLN >= {low:g}", f"HB_LLN <= {high:g}", "PLT_BEST >= PLT"]
    texts += [f"RETI_ULN == {limits.reti_high:g}", f"BILI_ULN == {limits.bili_high:g}"]
    return tuple(map(_parsed, texts))


def _check_together(table: Table, rows: Sequence[tuple[Row, Criterion]]) -> None:
    """Notes rules given twice, lineages without PR or NR, orders used twice, and a CR below PR's floor."""
    if table.usable and not table.rows:
        table.note_fault(None, None, "a set has rules", "no rows", "add a row for each response")
    seen: dict[tuple[str, str], Row] = {}
    places: dict[tuple[str, int], Row] = {}
    for row, one in rows:
        if _key(one) in seen:
            row.note_fault("response", f"a lineage has one rule of {one.response}", "keep one, or join them with `or`")
        elif one.response != "RELAPSE" and (one.lineage, one.order) in places:
            row.note_fault("order", "the rules of a lineage are asked in an order, each with a number", "renumber them")
        seen.setdefault(_key(one), row)
        places.setdefault((one.lineage, one.order), row)
    given = {(row["lineage"], row["response"]) for row in table.rows}
    for lineage in sorted({lineage for lineage, _ in given} & set(LINEAGES)):
        for response in ("PR", "NR"):
            if (lineage, response) not in given:
                rule = f"a lineage that is judged has a rule of {response}"
                table.note_fault(None, "response", rule, f"none for {lineage}", "add a row")
    by_key = {_key(one): one for _, one in rows}
    for row, one in rows:
        partial = by_key.get((one.lineage, "PR"))
        if one.response == "CR" and partial is not None:
            _check_floor(row, one, partial)


def _check_floor(row: Row, complete: Criterion, partial: Criterion) -> None:
    """Notes a complete response that values below the partial response's floor would satisfy."""
    try:
        found = below_floor(complete, partial)
    except ExpressionError as error:
        row.note_fault("rule", str(error), "write a simpler rule")
        return
    if found is not None:
        told = {name: v if isinstance(v, str) else format(float(v), "g") for name, v in sorted(found.items())}
        values = ", ".join(f"{name} {value}" for name, value in told.items())
        rule = f"a complete response is one that meets the partial response's floor, {floor_of(partial)}"
        row.note_fault("rule", rule, "raise the rule of CR or lower that of PR", f"{complete.rule}, true of {values}")


def below_floor(complete: Criterion, partial: Criterion) -> dict[str, Any] | None:
    """Values that the rule of CR takes and the floor of PR does not; None where it is proven that there are none."""
    floor = floor_of(partial)
    return None if floor is None else counterexample(complete.expression, floor, LEVELS, facts())


def floor_of(partial: Criterion) -> Expression | None:
    """What a rule of PR asks for at the least: itself without upper limits of its value and comparisons with baseline.

    A CR may lie above PR's upper limit, and may do without a rise where its own limit is high; print does so.

    >>> str(floor_of(criteria_of("paper")[1]))
    'PLT >= 30 and BLEED == "N"'
    """
    rule = partial.expression
    items = rule.items if isinstance(rule, And) else (rule,)
    kept = tuple(item for item in items if not _capping(item, partial.lineage))
    if not kept:
        return None
    return kept[0] if len(kept) == 1 else And(kept)


def _capping(item: Expression, lineage: str) -> bool:
    if not isinstance(item, Compare):
        return False
    value_first = item.left.name == lineage and not item.right.terms
    upper = value_first and item.op.startswith("<")
    return upper or bool(names(item) & {"PLT_BL", "HB_BL", "PLT_BEST"})


# In words ----------------------------------------------------------------------------------------


def readable(address: str) -> str:
    """An address as it is shown: the set, or its file's name, with what is switched behind it.

    >>> readable("paper+rise=by-2+last=40"), readable("data/raw/cohorts/mine/rules.csv")
    ('paper (rise: by-2, last: 40)', 'rules.csv')
    """
    name, *settings = address.split("+")
    told = ", ".join(setting.replace("=", ": ") for setting in settings)
    return f"{name.rpartition('/')[2]} ({told})" if told else name.rpartition("/")[2]


def addresses(sets: Iterable[str] = ("paper",)) -> list[str]:
    """The sets, and each with every option that isn't its default, one at a time; those that change nothing are out."""
    found = []
    for name in sets:
        rules = rule_set(name)
        found.append(name)
        for switch, known in switches_of(rules).items():
            if switch not in rules.chosen:
                found += [f"{name}+{switch}={option}" for option in known[1:] if _works(f"{name}+{switch}={option}")]
    return found


def _works(address: str) -> bool:
    try:
        return bool(rule_set(address))
    except Faults:
        return False
