"""What a host shows, read by the program itself: one small cell of each kind
goes through the real worker, so that what is found is what it will get.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from .. import program, results
from ..results import ResultsError
from ..rows import Cell, Host, RunLine
from ..workspace import workspace

# No noise is measured here: a moment's look.
ARGUMENTS = ("-a", "system", "-w", "fill_drain+objects=20000", "-k",
             "memory,timing,instructions,hardware_instructions,traffic,"
             "stalls", "--after", "silent", "--settle", "1", "-r", "1", "-p",
             "1")
SECCOMP_ACTIONS = Path("proc/sys/kernel/seccomp/actions_avail")
STAT = Path("proc/stat")
SWAPS = Path("proc/swaps")


@dataclass(frozen=True, slots=True)
class Sight:
    """`cells` by kind; files that cannot be read are None."""

    run: RunLine
    cells: dict[str, Cell]
    seccomp_actions: str | None
    swap_areas: int | None
    steal_share: float | None  # of all CPU time since the start; 0..1

    @property
    def host(self) -> Host:
        return self.run.host

    def cell(self, kind: str) -> Cell | None:
        """The cell of that kind if it ended well."""
        found = self.cells.get(kind)
        return found if found is not None and found.outcome == "ok" else None

    def why_not(self, kind: str) -> str:
        """Why a cell of that kind has no figures."""
        found = self.cells.get(kind)
        return "it was not run" if found is None \
            else found.reason or found.outcome


def look(root: Path = Path("/")) -> Sight:
    """Looks once, which takes about three seconds. Raises ResultsError."""
    with workspace("doctor") as folder:
        path = folder / "look.jsonl"
        _measure(path)
        found = results.read([path])
        run = next(iter(found.runs.values()))
        cells = {cell.kind: cell for cell in found.cells}
    swaps = _text(root / SWAPS)
    return Sight(run, cells, _text(root / SECCOMP_ACTIONS),
                 None if swaps is None else len(swaps.splitlines()) - 1,
                 steal_share(_text(root / STAT)))


def _measure(path: Path) -> None:
    """Quietly: cells that fail are findings here."""
    done = subprocess.run(
        [program.path(), "run", *ARGUMENTS, "-o", path], check=False,
        capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode not in program.MEASURED:
        raise ResultsError(done.stderr.strip().rpartition("\n")[2]
                           or "`giveback run` ended with exit status "
                           f"{done.returncode}")


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def steal_share(stat: str | None) -> float | None:
    """The share of CPU time that the hypervisor gave to others, from the
    text of /proc/stat (proc(5): user nice system idle iowait irq softirq
    steal; guest times are in user and nice already)."""
    words = stat.split("\n", 1)[0].split() if stat else []
    times = [int(word) for word in words[1:9] if word.isdigit()]
    if words[:1] != ["cpu"] or len(times) != 8 or not sum(times):
        return None
    return times[7] / sum(times)
