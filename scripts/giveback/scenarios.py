"""Ready scenarios: real programs that fill, drop most, and mark both.

A scenario is one file of `workloads/programs`, which anyone may start by hand.
Its first comment says what it is (`symptom`, `source`, `needs`, `small`);
where it names a value it may comment it as `parameter: MEANING`. The files
are the table: adding a scenario is adding a file.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from .nearest import nearest
from .results import ResultsError

FOLDER = Path(__file__).resolve().parents[2] / "workloads" / "programs"

# What comments begin with, in the languages that there are.
COMMENT = r"(?:#|--)"
SUMMARY = re.compile(rf"#!.*\n{COMMENT} (.+)\n")
FIELD = r"(?m)^{comment} {name}: (.+)$"
PARAMETER = re.compile(
    rf'''(?m)^\s*"?(\w+)"?\s*(?:=>|[:=])\s*(\d+),?\s*{COMMENT} parameter: '''
    r"(.+)$")
NEED = re.compile(r"(\S+) \(([^)]+)\)")


@dataclass(frozen=True, slots=True)
class Parameter:
    key: str
    preset: int
    meaning: str


@dataclass(frozen=True, slots=True)
class Scenario:
    path: Path
    summary: str
    symptom: str  # what a user sees
    source: str  # who reported it
    needs: tuple[tuple[str, str], ...]  # a program, and the package with it
    parameters: tuple[Parameter, ...]
    small: str  # the least parameters that show anything, as words

    @property
    def name(self) -> str:
        return self.path.name


def find_all(folder: Path = FOLDER) -> list[Scenario]:
    """Every scenario, by name. Raises ResultsError where a file lacks a field
    or cannot be read."""
    return [read(path) for path in sorted(folder.glob("*")) if path.is_file()]


def read(path: Path) -> Scenario:
    """The scenario of one file. Raises ResultsError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ResultsError(f"{path}: {error}") from None
    summary = SUMMARY.match(text)
    if not summary:
        raise ResultsError(f"{path}: a scenario begins with #! and a comment "
                           "of one line that says what it is")
    return Scenario(
        path, summary[1], *(_field(path, text, name)
                            for name in ("symptom", "source")),
        needs=tuple(NEED.findall(_field(path, text, "needs"))),
        parameters=tuple(Parameter(key, int(preset), meaning)
                         for key, preset, meaning in PARAMETER.findall(text)),
        small=_field(path, text, "small"))


def _field(path: Path, text: str, name: str) -> str:
    found = re.search(FIELD.format(comment=COMMENT, name=name), text)
    if not found:
        raise ResultsError(f"{path}: no line says `{name}: ...`")
    return found[1]


def missing_packages(scenario: Scenario) -> list[str]:
    """The packages of the programs that it needs and that are not here."""
    return sorted({package for program, package in scenario.needs
                   if not os.access(program, os.X_OK)})


def command(address: str, folder: Path = FOLDER) -> tuple[Scenario, list[str]]:
    """The scenario of `NAME[+KEY=NUMBER...]`, and the words that start it:
    those typed, so that what is measured can be started again by hand. Raises
    ResultsError for what is not known."""
    name, *words = address.split("+")
    known = {scenario.name: scenario for scenario in find_all(folder)}
    if name not in known:
        raise ResultsError(f"no scenario '{name}': did you mean "
                           f"'{nearest(name, list(known))}'?")
    scenario = known[name]
    for word in words:
        _check(scenario, word)
    return scenario, [str(scenario.path), *words]


def _check(scenario: Scenario, word: str) -> None:
    key, _, value = word.partition("=")
    keys = [parameter.key for parameter in scenario.parameters]
    if key not in keys:
        raise ResultsError(f"{scenario.name} has no parameter '{key}': did "
                           f"you mean '{nearest(key, keys)}'?")
    if not re.fullmatch(r"[0-9]+", value):
        raise ResultsError(f"{scenario.name}+{word}: give {key} a whole "
                           "number")
