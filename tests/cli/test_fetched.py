"""Versions that were fetched, by a registry that holds this system's own libc
with its loader: under it the same figures must come out."""

import ctypes
import json
import os
import re
import shutil
from pathlib import Path

import pytest
import runs

pytestmark = pytest.mark.skipif(
    bool(os.environ.get("GIVEBACK_SANITIZE")),
    reason="a sanitizer's library must be loaded first, by its own loader")

WORKLOAD = "fill_drain+objects=200K"


def loaded(pattern: str) -> Path:
    """The file of this process whose name has the pattern."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    return next(Path(path) for line in lines
                if re.fullmatch(pattern, Path(path := line.split()[-1]).name))


def libc_version() -> str:
    version = ctypes.CDLL(None).gnu_get_libc_version
    version.restype = ctypes.c_char_p
    return version().decode()


def package(folder: Path, **changes: object) -> dict:
    """This system's libc as if it had been fetched."""
    lib = folder / "lib"
    lib.mkdir(exist_ok=True)
    libc = loaded(r"libc\.so\.6|libc-2\.\d+\.so")
    loader = loaded(r"ld(-linux)?[\w-]*\.so\.\d+|ld-2\.\d+\.so")
    shutil.copy(libc, lib / "libc.so.6")
    shutil.copy(loader, lib / "ld.so")
    return {"suite": "here", "package": "libc6",
            "version": f"{libc_version()}-1",
            "libraries": {"libc.so.6": "lib/libc.so.6"},
            "loader": "lib/ld.so", "library_path": ["lib"],
            "because": "a libc has its own loader"} | changes


def register(folder: Path, *packages: dict) -> dict[str, str]:
    """Writes the registry; returns what the program's environment needs."""
    (folder / "registry.json").write_text(
        json.dumps({"schema": 1, "packages": packages}))
    return {"GIVEBACK_FETCHED": str(folder)}


def measure(path: Path, address: str, fetched: dict[str, str]) -> runs.Results:
    return runs.run(path, "-a", address, "-w", WORKLOAD, "-k", "memory",
                    "--after", "silent", "--quick", "-r", 1, **fetched)


def test_under_its_own_loader_the_same_libc_has_the_same_figures(
        tmp_path: Path):
    fetched = register(tmp_path, package(tmp_path))
    results = measure(tmp_path / "x.jsonl", "system,system@here", fetched)
    here, there = (results.one(allocator=name)
                   for name in ("system", "system@here"))
    assert (here["outcome"], there["outcome"]) == ("ok", "ok"), \
        there["reason"]
    assert there["identity"]["library"] == str(
        (tmp_path / "lib/libc.so.6").resolve())
    assert there["identity"]["sha256"] == here["identity"]["sha256"]
    for phase in ("fill", "drain", "trim"):
        growths = [runs.phase(cell, phase)["anon_bytes"]
                   - cell["base"]["anon_bytes"] for cell in (here, there)]
        assert growths[0] == growths[1], phase
    row = next(row for row in results.run["allocators"]
               if row["allocator"] == "system@here")
    assert row["fetched"] == {
        "suite": "here", "package": "libc6",
        "version": f"{libc_version()}-1",
        "loader": str((tmp_path / "lib/ld.so").resolve())}
    assert row["libc"] == libc_version()
    flat = " ".join(results.out.split())
    assert "In processes with another libc than the host's: system@here " \
        f"({libc_version()})." in flat


def test_a_star_and_the_list_name_it(tmp_path: Path):
    fetched = register(tmp_path, package(tmp_path))
    results = measure(tmp_path / "x.jsonl", "system@*", fetched)
    assert {cell["allocator"] for cell in results.cells} == {
        "system", f"system@{libc_version()}"}
    said = runs.giveback("list", "allocators", **fetched).stdout
    assert (f"  @{libc_version()}: fetched, version {libc_version()}, "
            f"{(tmp_path / 'lib/libc.so.6').resolve()}\n"
            f"    libc6 {libc_version()}-1 of here, under its own loader: a "
            "libc has its own loader\n") in said


@pytest.mark.parametrize("changes, outcome, words", (
    ({"version": "9.9-1"}, "failed",
     "version 9.9 was fetched and this is"),
    ({"loader": "lib/gone.so"}, "failed", "lib/gone.so: No such file"),
))
def test_what_is_not_what_was_fetched_has_no_figures(
        tmp_path: Path, changes: dict, outcome: str, words: str):
    fetched = register(tmp_path, package(tmp_path, **changes))
    results = measure(tmp_path / "x.jsonl", "system@here", fetched)
    cell, = results.cells
    assert cell["outcome"] == outcome
    assert words in cell["reason"]
    assert cell["samples"] == []


def test_a_number_that_nobody_fetched_says_how_to_fetch(tmp_path: Path):
    fetched = register(tmp_path, package(tmp_path))
    results = measure(tmp_path / "x.jsonl", "system@1.0", fetched)
    cell, = results.cells
    assert cell["outcome"] == "unsupported"
    assert "scripts/fetch-allocators brings others" in cell["reason"]


def test_a_damaged_registry_is_wrong_usage_and_says_the_remedy(
        tmp_path: Path):
    (tmp_path / "registry.json").write_text("{")
    ended = runs.giveback("run", "-a", "system@1.0", "-o",
                          tmp_path / "x.jsonl",
                          GIVEBACK_FETCHED=str(tmp_path))
    assert ended.returncode == 2
    assert "remove the folder and fetch again" in ended.stderr
    plain = runs.giveback("run", "-n", "-a", "system",
                          GIVEBACK_FETCHED=str(tmp_path))
    assert plain.returncode == 0, plain.stderr
