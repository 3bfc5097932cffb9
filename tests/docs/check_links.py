"""Checks that every relative link in the documents leads to a file.

usage: check_links.py ROOT
"""

import re
import sys
from pathlib import Path

from documents import documents

LINK = re.compile(r"\]\(([^)#:]+)(#[^)]*)?\)")


def main() -> int:
    root = Path(sys.argv[1]).resolve()
    broken = [f"{path.relative_to(root)}: {target}"
              for path in documents(root)
              for target, _ in LINK.findall(path.read_text())
              if not (path.parent / target).exists()]
    print("\n".join(broken) or "every link leads somewhere")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
