"""Plug-ins include the api and their own layers, by whatever path.

That the harness's headers are not on their include path is a test of its own
(CMakeLists.txt); this one sees a way around it.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
API = {path.name for path in (ROOT / "harness" / "api").glob("*.h")}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def sources(folder: str) -> Iterator[Path]:
    for suffix in ("c", "h"):
        yield from (ROOT / folder).rglob(f"*.{suffix}")


def foreign(folder: str) -> list[str]:
    """What is included and is neither of the api nor of the folder."""
    return [f"{path.relative_to(ROOT)} includes {name}"
            for path in sources(folder)
            for name in INCLUDE.findall(path.read_text())
            if name not in API and not any(
                (base / name).is_file() and ".." not in name
                for base in (path.parent, ROOT / folder))]


@pytest.mark.parametrize("folder", ("allocators", "workloads"))
def test_plugins_include_the_api_and_their_own_layers(folder: str):
    assert len(list(sources(folder))) > 3
    assert foreign(folder) == []


def test_the_api_includes_nothing_of_ours():
    for header in (ROOT / "harness" / "api").glob("*.h"):
        assert set(INCLUDE.findall(header.read_text())) <= API, header
