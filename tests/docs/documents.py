"""The project's documents and the shell examples in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


def documents(root: Path) -> list[Path]:
    """Every Markdown file that is ours."""
    return sorted([*root.glob("*.md"), *root.glob("docs/**/*.md"),
                   *root.glob("results/*.md")])


@dataclass(frozen=True, slots=True)
class Example:
    """One fenced block of shell commands.

    A plain `sh` block is run as it is. One marked `sh slow` takes minutes or
    installs something: its runs are only planned, of its other commands the
    program must be there.
    """

    path: Path
    line: int
    slow: bool
    commands: tuple[str, ...]


FENCE = re.compile(r"^```sh( slow)?$")


def examples(path: Path) -> Iterator[Example]:
    lines = iter(enumerate(path.read_text().splitlines(), start=1))
    for number, line in lines:
        if found := FENCE.match(line):
            commands = []
            for _, inner in lines:
                if inner == "```":
                    break
                commands.append(inner)
            yield Example(path, number, found[1] is not None,
                          tuple(c for c in commands if c.strip()))
