"""Puts the helpers that run the program on the module path."""

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "villains"), str(TESTS / "cli")]
