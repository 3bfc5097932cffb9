"""What the host did to the figures: a line each, below the host's own.

A condition is said where it marks a figure, makes one unknown or keeps it
from being compared; docs/hosts.md has them all.
"""

from collections.abc import Sequence

from . import metrics, words
from .rows import Cell, Host, RunLine

PAGE_TRUTH_BYTES = 4096


def of_run(run: RunLine, cells: Sequence[Cell]) -> list[str]:
    """None of them on a good host."""
    memory = [cell for cell in cells
              if cell.kind == "memory" and cell.outcome == "ok"]
    found = [_one_cpu(run.host), _quota(run.host), _other_libcs(run),
             _huge_pages(run.host),
             _page_size(run.host), _random_addresses(memory),
             _swapped(memory), _source(memory), _page_truth(run.host, memory)]
    return [line for line in found if line is not None]


def _one_cpu(host: Host) -> str | None:
    if host.cores != 1:
        return None
    return ("One CPU: times were taken beside the process that measures, and "
            "timelines have 100 points a second.")


def _quota(host: Host) -> str | None:
    quota_us, period_us = host.cgroup_cpu_quota_us, host.cgroup_cpu_period_us
    if quota_us is None or not period_us:
        return None
    cpus = quota_us / period_us
    if host.cores is not None and cpus >= host.cores:
        return None
    return (f"CPU quota of {words.decimal(cpus, 2)} CPUs: wall times hold "
            "its pauses.")


def _other_libcs(run: RunLine) -> str | None:
    """A fetched version's own loader brings its own libc to the process."""
    others = [f"{words.clean(entry.allocator, words.NAME_LIMIT)} "
              f"({words.clean(entry.libc or 'unknown', words.NAME_LIMIT)})"
              for entry in run.allocators
              if entry.fetched is not None and entry.fetched.loader
              and entry.second_of is None]
    if not others:
        return None
    return ("In processes with another libc than the host's: "
            f"{', '.join(others)}.")


def _huge_pages(host: Host) -> str | None:
    if host.thp != "always":
        return None
    return ("THP always: memory figures do not compare with those of hosts "
            "with another setting.")


def _page_size(host: Host) -> str | None:
    if host.page_bytes == PAGE_TRUTH_BYTES:
        return None
    return (f"Pages of {host.page_bytes:,} bytes: page truth is unknown, and "
            "memory figures do not compare with those of smaller pages.")


def _random_addresses(cells: Sequence[Cell]) -> str | None:
    random = sum(cell.aslr is not False for cell in cells)
    if not random:
        return None
    return (f"Addresses were random in {random} of "
            f"{words.count(len(cells), 'memory cell')}: equal seeds need not "
            "agree to the byte.")


def _swapped(cells: Sequence[Cell]) -> str | None:
    swapped = sum(any(map(metrics.is_swapped, (cell.base, *cell.samples)))
                  for cell in cells)
    if not swapped:
        return None
    return (f"Swapped out in {swapped} of "
            f"{words.count(len(cells), 'memory cell')}: what is held and not "
            "resident has no growth.")


def _source(cells: Sequence[Cell]) -> str | None:
    """Files made before this was recorded do not tell: smaps_rollup."""
    sources = sorted({cell.memory_source for cell in cells
                      if cell.memory_source not in (None, "smaps_rollup")})
    if not sources:
        return None
    lost = ("; lazily freed memory is unknown, and growth with it"
            if "status" in sources else "")
    named = ", ".join(words.clean(source, words.NAME_LIMIT)
                      for source in sources)
    return f"Without smaps_rollup: memory was read from {named}{lost}."


def _page_truth(host: Host, cells: Sequence[Cell]) -> str | None:
    blind = sum(cell.base is not None and cell.base.pages is None
                for cell in cells)
    if not blind or host.page_bytes != PAGE_TRUTH_BYTES:
        return None
    return (f"Page truth is unknown in {blind} of "
            f"{words.count(len(cells), 'memory cell')}: pagemap could not be "
            "read, or maps beyond 256 GiB.")
