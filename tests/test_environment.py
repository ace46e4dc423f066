"""environment.yml, requirements.lock and pyproject.toml say the same."""

import re
import sys
import tomllib
from importlib.metadata import version

import pytest
import yaml

from compendium.project import root

PROJECT = tomllib.loads((root() / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (root() / "requirements.lock").read_text(encoding="utf-8")
CONDA = yaml.safe_load((root() / "environment.yml").read_text(encoding="utf-8"))
PINS = dict(re.findall(r"(?m)^([A-Za-z0-9._-]+)==(\S+)", LOCK))


def wanted() -> list[str]:
    """Every requirement of pyproject.toml, with those for development and for building."""
    build = tomllib.loads((root() / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    return [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"], *build]


def name_of(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.match(r"[A-Za-z0-9._-]+", requirement)[0]).lower()


@pytest.mark.parametrize("requirement", wanted())
def test_every_requirement_is_locked_and_installed_as_locked(requirement: str) -> None:
    name = name_of(requirement)
    assert name in PINS, f"{name} isn't in requirements.lock"
    assert version(name) == PINS[name]


def test_every_locked_line_has_its_hashes() -> None:
    blocks = re.split(r"(?m)^(?=\S)", LOCK)
    unhashed = [block.split()[0] for block in blocks if block.strip() and "--hash=sha256:" not in block]
    assert unhashed == []


def test_the_lock_names_no_host() -> None:
    assert re.findall(r"(?i)https?://|--(?:extra-)?index-url|--find-links|--trusted-host|file:| @ ", LOCK) == []


def test_conda_takes_the_same_python_and_the_lock() -> None:
    (pip,) = [entry["pip"] for entry in CONDA["dependencies"] if isinstance(entry, dict)]
    assert pip == ["-r requirements.lock"]
    assert "python=3.11" in CONDA["dependencies"]
    assert PROJECT["requires-python"] == ">=3.11,<3.12"
    assert sys.version_info[:2] == (3, 11)


def test_conda_brings_no_other_package() -> None:
    assert [entry for entry in CONDA["dependencies"] if isinstance(entry, str)] == [
        "python=3.11",
        "pip",
        "make",
    ]
