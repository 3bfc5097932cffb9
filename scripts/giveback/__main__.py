"""Lets the package folder run as a program: `python3 scripts/giveback VERB`.

Python puts the folder itself first on the module path then, where our
`statistics` would hide the standard library's; its parent takes the place.
"""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from giveback import cli  # noqa: E402  (needs the path above)

sys.exit(cli.main(sys.argv[1:]))
