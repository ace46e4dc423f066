"""The parameters of the notebooks: plain values from YAML, each checked against the one it replaces.

`notebooks/parameters.yml` names every parameter with its default; `parameters.yml` in a cohort's folder
replaces some of them, and `-p name=value` on the command line replaces those. A value keeps the type of its
default, so that nothing is guessed: `012` for a text stays a text.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from compendium.project import Cohort

Value = str | int | float | bool
PLAIN = (str, int, float, bool)
NAMES = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


class ParameterError(ValueError):
    """Every fault of a set of parameters, one a line."""


def parameters(cohort: Cohort, settings: Iterable[str] = ()) -> dict[str, Value]:
    """Every parameter's value for a cohort; `settings` are `name=value` texts and win over the files.

    Raises ParameterError with all faults: unknown names (with the known ones), values of another type.
    """
    defaults = read(cohort.base / "notebooks" / "parameters.yml")
    faults: list[str] = []
    chosen = dict(defaults, **replaced(defaults, own_file(cohort), f"{cohort.name}/parameters.yml", faults))
    chosen |= replaced(defaults, given(settings, defaults, faults), "-p", faults)
    chosen["cohort"] = cohort.name
    if faults:
        raise ParameterError("\n".join(faults))
    return chosen


def own_file(cohort: Cohort) -> dict[str, Value]:
    """The values of the cohort's own parameters.yml; nothing where there is none."""
    path = cohort.raw / "parameters.yml"
    return read(path) if path.is_file() and not cohort.is_reconstructed else {}


def read(path: Path) -> dict[str, Value]:
    """The names and plain values of a YAML file; raises ParameterError for any that isn't plain."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ParameterError(f"{path.name}: not readable as YAML in UTF-8 ({error})") from error
    if not isinstance(content, dict):
        raise ParameterError(f"{path.name}: lines of `name: value` are needed (got {type(content).__name__})")
    faults = [fault for name, value in content.items() for fault in plainness(path.name, name, value)]
    if faults:
        raise ParameterError("\n".join(faults))
    return content


def plainness(file: str, name: object, value: object) -> list[str]:
    """The fault of one entry that isn't a name with a plain value; none for one that is."""
    if isinstance(name, str) and name.isidentifier() and isinstance(value, PLAIN):
        return []
    return [f'{file}, {name}: a text, a number, true or false is needed (got {value!r}): quote it, "{value}"']


def replaced(defaults: Mapping[str, Value], new: Mapping[str, Value], file: str, faults: list[str]) -> dict[str, Value]:
    """The new values in their defaults' types; what doesn't fit is added to `faults`."""
    fitting = {}
    for name, value in new.items():
        if name not in defaults:
            faults.append(f"{file}, {name}: no such parameter: there are {', '.join(sorted(defaults))}")
        elif fits(value, defaults[name]):
            fitting[name] = type(defaults[name])(value)
        else:
            faults.append(f"{file}, {name}: {NAMES[type(defaults[name])]} is needed (got {value!r})")
    return fitting


def fits(value: Value, default: Value) -> bool:
    """Whether a value has its default's type; a whole number is a number, true and false are no numbers."""
    return type(value) is type(default) or (type(default) is float and type(value) is int)


def given(settings: Iterable[str], defaults: Mapping[str, Value], faults: list[str]) -> dict[str, Value]:
    """The `name=value` texts in the types of their defaults; what isn't one is added to `faults`."""
    pairs = {}
    for setting in settings:
        name, sign, text = setting.partition("=")
        if not sign:
            faults.append(f"-p {setting}: name=value is needed")
        else:
            pairs[name] = typed(text, defaults.get(name, ""))
    return pairs


def typed(text: str, default: Value) -> Value:
    """The text in the default's type, or unchanged where it can't be read so."""
    if isinstance(default, str):
        return text
    value = yaml.safe_load(text)
    return value if isinstance(value, PLAIN) else text
