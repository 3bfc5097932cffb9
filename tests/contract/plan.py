"""Every backend and every workload, small enough to try them all."""

import os

import runs

SANITIZED = bool(os.environ.get("GIVEBACK_SANITIZE"))

# Blocks are aligned to 8 bytes only: CPython 2 before 2.7.17.
ALIGNED_TO_8 = ("pymalloc:2.3", "pymalloc:2.5", "pymalloc:2.7")

# What `null` answers is documented to break the contract; `shared_object`
# needs a path; no machine has the library of `absent`.
WITHOUT_CONTRACT = ("null", "shared_object", "absent")

# Written to fail: tests/contract/liars.
LIARS = ("liar_exit", "liar_phase", "liar_tally")

# What a workload gets where it has the parameter: the kind `account` checks
# every call, and knows half a million blocks and lines of 512 bytes.
SMALL = {"objects": 20000, "others": 10000, "live": 1 << 20,
         "replacements": 50, "steps": 10, "cycles": 3}

# The same for workloads with many threads or processes, each of which has so
# many.
SMALL_THREADS = {
    "request_burst": {"threads": 6, "requests": 3, "objects": 300},
    "producer_consumer": {"threads": 3, "objects": 1000,
                          "replacements": 5000},
    "thread_churn": {"threads": 4, "generations": 4, "objects": 500},
    "sawtooth_threads": {"threads": 4},
    "prefork": {"workers": 3, "own": 1 << 17},
}

# What every variant of every backend goes through: settings of one library
# change where blocks lie and when memory goes back, not which calls there are.
FOR_VARIANTS = ("contract_blocks", "fill_drain")

# How the workloads begin that are written to find a backend's faults. All
# others need several backends that differ.
FOR_BACKENDS = ("contract_", "example_", "fill_drain")

# Libraries of others, whose code a sanitizer does not see, and a system call
# for each object, which it slows most: left to the build that is measured.
NOT_SANITIZED = ("gperftools", "mimalloc", "mmap", "scudo", "tbb")

# A mapping for each object is for small runs only.
SMALL_RUNS_ONLY = ("mmap",)

# Backends that differ, bare: what regimes, tails and refills of every workload
# are tried on.
FEW = ("jemalloc:default", "pymalloc:3.10", "pymalloc:2.7", "system:default",
       *(() if SANITIZED else ("bump", "mimalloc:default")))

# Libraries that break their contract are not ours to mend, but to know: the
# allocator's name, its version and the workload, and what that says of it.
# mimalloc 2.0.9 answers aligned requests whose size is the alignment from its
# free lists, whose blocks are not aligned to their size from 256 on.
BREACHES = {
    ("mimalloc", "2.0.9", "contract_aligned"): "is not aligned to",
}


def every_backend() -> list[str]:
    """Every allocator with every variant.

    Under a sanitizer, which sees code of ours only, few libraries of others
    come, as they are installed.
    """
    addresses = []
    for name, variants in runs.variants().items():
        if SANITIZED and name != "pymalloc":
            variants = variants[:1]
        if SANITIZED and name in NOT_SANITIZED:
            continue
        if name not in WITHOUT_CONTRACT:
            addresses += [f"{name}:{variant}" for variant in variants] \
                or [name]
    return addresses


def axes() -> list[str]:
    """Settings of pymalloc that change where blocks lie, and libc by path."""
    library = next(path for path in open("/proc/self/maps").read().split()
                   if path.endswith("/libc.so.6"))
    return ([f"pymalloc:3.10+release={release}"
             for release in ("never", "empty", "keep-one")]
            + [f"pymalloc:3.10+base={base}"
               for base in ("misaligned", "natural")]
            + [f"by_path={library}", adapter("example_adapter")])


def adapter(name: str) -> str:
    """The address of a library that brings an adapter."""
    return f"{name}={os.environ['GIVEBACK_ADAPTERS']}/{name}.so"


def layered() -> list[str]:
    """Backends that wear a layer: lists that fill up, lists without end."""
    return ["system+free_list=100", "system+free_list=unbounded",
            "pymalloc:2.3+free_list=unbounded", "pymalloc:2.5+free_list=80",
            "pymalloc:3.10+free_list=unbounded", "cpython+free_list=100",
            "bump+free_list=1", "system+example_quarantine=100"]


def split_by_alignment(addresses: list[str]) -> list[tuple[int, list[str]]]:
    """Backends with what their blocks are aligned to."""
    to_8 = [address for address in addresses
            if address.partition("+")[0] in ALIGNED_TO_8]
    assert set(to_8) >= set(ALIGNED_TO_8), addresses
    return [(16, [address for address in addresses if address not in to_8]),
            (8, to_8)]


def one_of_each(addresses: list[str]) -> list[str]:
    """Of each backend its first address, bare and with settings."""
    first: dict[tuple[str, bool], str] = {}
    for address in addresses:
        name, settings, _ = address.partition("+")
        first.setdefault((name.partition(":")[0], bool(settings)), address)
    return list(first.values())


def every_workload(alignment: int) -> list[str]:
    """The program's own, made small, those of this test and of the docs."""
    addresses = []
    for name, keys in runs.workloads().items():
        if name not in LIARS:
            settings = {key: value for key, value in
                        (SMALL | {"alignment": alignment} |
                         SMALL_THREADS.get(name, {})).items()
                        if key in keys}
            addresses.append(name + "".join(
                f"+{key}={value}" for key, value in settings.items()))
    return addresses


def begins(address: str, names: tuple[str, ...]) -> bool:
    """Whether the name in the address begins like one of these."""
    return address.startswith(names)


def products(addresses: list[str], few: bool = False
             ) -> list[tuple[str, list[str], list[str]]]:
    """What is run, by a name: backends times workloads.

    The plainest for every address; what holds a backend to its contract for
    one address of each backend, and for all of pymalloc, whose presets are
    code of their own; what a workload must keep to its word on, for one
    address of each, or of those few that differ, as under a sanitizer: it
    sees a workload's code on one backend as on another.
    """
    few = few or SANITIZED
    found = []
    for alignment, backends in split_by_alignment(addresses):
        workloads = every_workload(alignment)
        each = one_of_each(backends)
        ours = [address for address in backends
                if address.startswith("pymalloc") and address not in each]
        for name, who, what in (
                ("variants", backends,
                 [it for it in workloads if begins(it, FOR_VARIANTS)]),
                ("backends", each + ours,
                 [it for it in workloads if begins(it, FOR_BACKENDS)
                  and not begins(it, FOR_VARIANTS)]),
                ("workloads", [it for it in each if it not in SMALL_RUNS_ONLY
                               and (not few or it in FEW)],
                 [it for it in workloads if not begins(it, FOR_BACKENDS)])):
            found.append((f"{name}_{alignment}", who, what))
    return found


def breach(results: runs.Results, cell: dict) -> str | None:
    """What a library that breaks its contract is known to be told."""
    row = next(row for row in results.run["allocators"]
               if row["allocator"] == cell["allocator"])
    return BREACHES.get((cell["allocator"].partition(":")[0], row["version"],
                         cell["workload"]))


def broken(results: runs.Results) -> list[str]:
    """The cells that did not end as the contract says, with their reasons."""
    found = []
    for cell in results.cells:
        known = breach(results, cell)
        kept = (cell["outcome"] == "ok" if known is None
                else cell["outcome"] == "failed" and known in cell["reason"])
        lacking = (cell["outcome"] == "unsupported"
                   and (" does not offer" in cell["reason"]
                        or "not installed" in cell["reason"]
                        or "one thread" in cell["reason"]))
        if not kept and not lacking:
            found.append(f"{cell['allocator']} {cell['workload']} "
                         f"{cell['after']}: {cell['outcome']}: "
                         f"{cell['reason']}")
    return found


def by_workload(results: list[runs.Results],
                regime: str | None = None) -> dict[str, list[dict]]:
    """The cells that ended well, of all backends, by workload."""
    groups: dict[str, list[dict]] = {}
    for result in results:
        for cell in result.cells:
            if cell["outcome"] == "ok" and cell["after"] == regime:
                groups.setdefault(cell["workload"], []).append(cell)
    return groups


def figures(cell: dict) -> list[tuple]:
    """What must not depend on the backend: phases, operations, live."""
    return [(row["phase"], row["operations"], row["live_blocks"],
             row["live_bytes"]) for row in cell["samples"]
            if row["phase"] != "trim"]
