"""Takes the examples out of a page: every fenced block that names a file.

Usage: python3 extract.py PAGE FOLDER
A block opened by ```c KIND/NAME.c becomes FOLDER/KIND/NAME.c, where KIND is
adapters, allocators, layers, micro or workloads. Files of blocks that are gone are
removed; files that are as they should be are not touched, so that nothing is
built in vain.
"""

import re
import sys
from pathlib import Path

BLOCK = re.compile(
    r"^```c ((?:adapters|allocators|layers|micro|workloads)/\w+\.c)\n(.*?)^```$",
    re.MULTILINE | re.DOTALL)


def examples(page: str) -> dict[str, str]:
    """The text of each example by the name of its file."""
    found = BLOCK.findall(page)
    if len(found) != len(dict(found)):
        raise ValueError("two examples have the same name")
    return dict(found)


def write(folder: Path, texts: dict[str, str]) -> None:
    for old in folder.glob("*/*.c"):
        if str(old.relative_to(folder)) not in texts:
            old.unlink()
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


def main(page: str, folder: str) -> None:
    texts = examples(Path(page).read_text())
    if not texts:
        sys.exit(f"{page}: no examples: none of its blocks begins with "
                 "```c KIND/NAME.c, as allocators/NAME.c does")
    write(Path(folder), texts)


if __name__ == "__main__":
    main(*sys.argv[1:])
