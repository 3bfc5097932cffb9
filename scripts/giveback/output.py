"""Standard output of verbs whose exit code says something: the code holds
whether or not anybody reads to the end.
"""

import os
import sys


def tell(text: str) -> None:
    """Writes `text` and a newline at once. A reader that has seen enough
    (`giveback check ... | head -1`) is no error. Raises OSError for other
    reasons."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        silence()


def silence() -> None:
    """What is still buffered must not fail again when Python flushes it at
    exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
