"""Puts the package on the module path; what several tests use."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

FIXTURES = Path(__file__).resolve().parent / "fixtures"
GOLDEN = ROOT / "tests" / "golden"


@pytest.fixture
def seed_file() -> Path:
    return FIXTURES / "seed.jsonl"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """write(rows, name="results.jsonl") makes a results file."""
    def writer(rows: Iterable[dict], name: str = "results.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path
    return writer


@pytest.fixture
def giveback() -> Callable[..., subprocess.CompletedProcess]:
    """giveback("show", FILE) runs the package as users do, in a pipe."""
    def run(*arguments: object,
            **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-B", ROOT / "scripts" / "giveback",
             *map(str, arguments)],
            capture_output=True, encoding="utf-8", timeout=60,
            env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment})
    return run


@pytest.fixture
def verb(capsys, monkeypatch) -> Callable[..., subprocess.CompletedProcess]:
    """verb("compare", FILE, FILE) is the same within this process, which
    spares the start of another: for tests of what a verb says."""
    from giveback import cli

    def run(*arguments: object,
            **environment: str) -> subprocess.CompletedProcess:
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            try:
                status = cli.main([str(word) for word in arguments])
            except SystemExit as left:  # argparse's, on wrong usage
                status = left.code
        said = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, status, said.out,
                                           said.err)
    return run
