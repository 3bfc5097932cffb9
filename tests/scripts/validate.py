"""Checks results files against results/schema.json and against the reader.

Usage: python3 tests/scripts/validate.py FILE...
Prints FILE:LINE with every complaint; exits 0 when there is none, 1 when
there are some, 2 on wrong usage.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from giveback import results, words  # noqa: E402  (needs the path above)

SCHEMA_FILE = ROOT / "results" / "schema.json"


def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads(SCHEMA_FILE.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def complaints(path: Path) -> Iterator[str]:
    """Every complaint about a file, as FILE:LINE: field: what."""
    schema = validator()
    lines = path.read_bytes().splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        place = f"{path}:{number}"
        if not line.endswith(b"\n"):
            yield f"{place}: torn: the line has no newline"
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            yield f"{place}: no JSON: {error}"
            continue
        for error in schema.iter_errors(row):
            where = ".".join(map(str, error.absolute_path)) or "the line"
            yield f"{place}: {where}: {error.message}"
    try:
        results.read([path])
    except results.ResultsError as error:
        yield f"the reader says: {error}"


def main(arguments: list[str]) -> int:
    if not arguments:
        print("usage: validate.py FILE...", file=sys.stderr)
        return 2
    found = False
    for argument in arguments:
        try:
            for complaint in complaints(Path(argument)):
                found = True
                print(words.clean(complaint))
        except OSError as error:
            found = True
            print(f"{argument}: {error.strerror}")
    return int(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
