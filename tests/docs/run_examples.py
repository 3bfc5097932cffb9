"""Runs every shell example in the documents.

usage: run_examples.py ROOT BUILD. Each document's examples run in order in a
folder of their own that looks like a built tree.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from documents import Example, documents, examples

RUN = "build/release/giveback run "


def lay_out(folder: Path, root: Path, build: Path) -> None:
    """The names that examples use, in a folder where they may write."""
    (folder / "build").mkdir()
    (folder / "build/release").symlink_to(build)
    for name in ("benchmarks", "scripts", "docs", "tests"):
        (folder / name).symlink_to(root / name)


def complaint(command: str, example: Example, folder: Path) -> str | None:
    """Runs one command; what is wrong, or None."""
    if example.slow and not command.startswith(RUN):
        program = folder / command.split()[0]
        found = os.access(program, os.X_OK) or "/" not in command.split()[0]
        return None if found else f"{program.name} cannot be executed"
    if example.slow:
        command = command.split("||")[0] + " --dry-run"
    done = subprocess.run(["/bin/sh", "-c", command], cwd=folder, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=300)
    return (f"exit status {done.returncode}:\n{done.stdout[-2000:]}"
            if done.returncode else None)


def check_document(path: Path, root: Path, build: Path) -> tuple[int, int]:
    """How many commands ran, and how many of them failed."""
    ran = failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lay_out(folder, root, build)
        for example in examples(path):
            for command in example.commands:
                ran += 1
                if wrong := complaint(command, example, folder):
                    failed += 1
                    print(f"{path.relative_to(root)}:{example.line}: "
                          f"{command}: {wrong}")
    return ran, failed


def main() -> int:
    root, build = (Path(word).resolve() for word in sys.argv[1:])
    counts = [check_document(path, root, build) for path in documents(root)]
    ran, failed = (sum(column) for column in zip(*counts, strict=True))
    print(f"{ran} commands, {failed} failed")
    return 1 if failed or not ran else 0


if __name__ == "__main__":
    sys.exit(main())
