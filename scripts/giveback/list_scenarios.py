"""`giveback list scenarios`: the ready programs, and what they lack here."""

import argparse

from . import scenarios

SUMMARY = "list the ready scenarios of `giveback program`"


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(_arguments: argparse.Namespace) -> int:
    """Prints some lines per scenario, as `giveback list workloads` does;
    returns 0."""
    for scenario in scenarios.find_all():
        print(f"{scenario.name}: {scenario.summary}")
        print(f"  symptom: {scenario.symptom}")
        print(f"  source: {scenario.source}")
        print(f"  {_state(scenario)}")
        for parameter in scenario.parameters:
            print(f"    +{parameter.key}={parameter.preset}  "
                  f"{parameter.meaning}")
        print(f"    small: {scenario.name}"
              f"{''.join('+' + word for word in scenario.small.split())}")
    return 0


def _state(scenario: scenarios.Scenario) -> str:
    missing = scenarios.missing_packages(scenario)
    return (f"missing here: install {' '.join(missing)}" if missing
            else "installed")
