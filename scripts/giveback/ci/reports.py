"""What a pull request gets to see: files in a folder, and a step summary."""

import os
from pathlib import Path

from ..comparison.verdicts import Comparison
from ..formats import junit, markdown, verdict_json
from ..gate import outcome
from ..results import ResultsError

COMMENT, JUNIT, JSON = "comment.md", "junit.xml", "verdicts.json"

# GitHub names a file that a step may append Markdown to.
STEP_SUMMARY = "GITHUB_STEP_SUMMARY"


def write(folder: Path, comparison: Comparison, title: str) -> None:
    """Raises ResultsError where a file cannot be written."""
    comment = markdown.text(comparison.verdicts, comparison.failures,
                            comparison.warnings, title, comparison.noise)
    comment += f"\n{outcome.sentence(comparison)}\n"
    texts = {
        COMMENT: comment,
        JUNIT: junit.text(comparison.verdicts, comparison.failures,
                          missing=comparison.missing),
        JSON: verdict_json.text(comparison),
    }
    try:
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        if summary := os.environ.get(STEP_SUMMARY):
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(comment)
    except OSError as error:
        raise ResultsError(f"{error.filename}: cannot be written: "
                           f"{error.strerror}: check the folder") from None
