"""The rows of a results file, as results/README.md describes them.

Figures are what the kernel and the allocator gave: absolute bytes, unit in
the name, None where unknown. Formulas live in metrics.py.
"""

from array import array
from dataclasses import dataclass
from typing import Literal

from .decode import Positive, Signed

SCHEMA = 1

Outcome = Literal["ok", "unsupported", "failed", "crashed", "timed_out"]
OUTCOMES: tuple[str, ...] = Outcome.__args__


@dataclass(frozen=True, slots=True)
class Khugepaged:
    defrag: int | None
    max_ptes_none: int | None


@dataclass(frozen=True, slots=True)
class Host:
    machine_id: str | None
    cpu: str | None
    cores: int | None
    memory_bytes: int | None
    available_bytes: int | None
    kernel: str | None
    libc: str | None
    page_bytes: Positive
    thp: str | None
    khugepaged: Khugepaged | None
    aslr: int | None
    governor: str | None
    swap_bytes: int | None
    cgroup_memory_limit_bytes: int | None
    cgroup_memory_used_bytes: int | None
    cgroup_cpu_quota_us: int | None
    cgroup_cpu_period_us: int | None
    virtualization: str | None
    load: tuple[float | None, ...] | None


@dataclass(frozen=True, slots=True)
class Fetched:
    """The package of another release that a version was fetched in."""

    suite: str
    package: str
    version: str
    loader: str | None


@dataclass(frozen=True, slots=True)
class AllocatorEntry:
    """What an allocator string stood for in its run."""

    allocator: str
    address: str
    second_of: str | None
    outcome: Outcome
    reason: str | None
    version: str | None
    library: str | None
    sha256: str | None
    build_id: str | None
    libc: str | None
    adapter: str | None
    fetched: Fetched | None
    package: str | None
    environment: dict[str, str] | None
    options: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class RunLine:
    schema: int
    id: str
    started: str
    giveback: str
    commit: str | None
    command: tuple[str, ...]
    counting: str | None
    seed: int
    jobs: int
    pairs: int
    repetitions: int
    memory_limit_bytes: int | None
    regimes: tuple[str, ...]
    settle_ns: int
    host: Host
    allocators: tuple[AllocatorEntry, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    library: str | None
    version: str | None
    sha256: str | None
    build_id: str | None
    adapter: str | None


@dataclass(frozen=True, slots=True)
class PageMap:
    """Resident pages by address; page_units.py reads the stretches."""

    unit_bytes: int
    stretches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pages:
    """Page truth: resident pages against live blocks."""

    live_bytes: int | None
    dead_bytes: int | None
    granules: dict[str, int | None] | None
    map: PageMap | None


@dataclass(frozen=True, slots=True)
class Processes:
    """What the processes of a cell hold together, scratch left out."""

    count: int
    pss_bytes: int | None
    private_bytes: int | None
    lazy_free_bytes: int | None


@dataclass(frozen=True, slots=True)
class SelfAccount:
    """What the allocator says of itself."""

    allocated_bytes: int | None
    arena_bytes: int | None
    arenas_mapped: int | None
    arenas_unmapped: int | None


@dataclass(frozen=True, slots=True)
class Arenas:
    """A snapshot of the allocator's arenas; arenas.py reads the map."""

    arena_bytes: int
    pool_bytes: int
    allocated_bytes: int
    available_bytes: int
    unused_pools_bytes: int
    pool_headers_bytes: int
    quantization_bytes: int
    arena_alignment_bytes: int
    scan_steps: int
    pools_purged: int
    map: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Calls:
    """System calls of one name."""

    calls: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """System calls of one phase by which memory comes and goes."""

    requested_bytes: int
    mmap: Calls
    munmap: Calls
    madvise: Calls
    brk: Calls
    mremap: Calls


@dataclass(frozen=True, slots=True)
class Base:
    """The process before its first phase."""

    rss_bytes: int | None
    anon_bytes: int | None
    shmem_bytes: int | None
    hugetlb_bytes: int | None
    lazy_free_bytes: int | None
    huge_bytes: int | None
    charged_bytes: int | None
    page_table_bytes: int | None
    mapping_count: int | None
    statm_rss_bytes: int | None
    swap_bytes: int | None
    scratch_bytes: int
    pages: Pages | None
    processes: Processes | None


@dataclass(frozen=True, slots=True)
class Sample:
    """The end of a phase; times and faults are of that phase alone."""

    phase: str
    since_drain_ns: int | None
    operations: int | None
    live_blocks: int | None
    live_bytes: int | None
    wall_ns: int | None
    cpu_ns: int | None
    minor_faults: int | None
    major_faults: int | None
    instructions: int | None
    rss_bytes: int | None
    anon_bytes: int | None
    shmem_bytes: int | None
    hugetlb_bytes: int | None
    lazy_free_bytes: int | None
    huge_bytes: int | None
    charged_bytes: int | None
    page_table_bytes: int | None
    mapping_count: int | None
    statm_rss_bytes: int | None
    swap_bytes: int | None
    pages: Pages | None
    processes: Processes | None
    self: SelfAccount | None
    arenas: Arenas | None
    traffic: Traffic | None


@dataclass(frozen=True, slots=True)
class CallWindow:
    """What a thread did from its last reading to the end of a call."""

    calls: int
    wall_ns: int
    cpu_ns: int
    system_ns: int
    minor_faults: int
    major_faults: int
    voluntary_switches: int
    involuntary_switches: int


@dataclass(frozen=True, slots=True)
class SlowCall:
    """One of the longest calls."""

    call: str | None
    phase: str | None
    phase_number: int | None  # which of that name, from 1
    position: int
    duration_ns: int
    window: CallWindow


@dataclass(frozen=True, slots=True)
class TimedCalls:
    """The times of all calls of one class: bucket i holds the calls from
    `bucket_least_ns[i]` on, ascending; stalls.py knows how far."""

    calls: int
    above_1us: int
    above_10us: int
    above_100us: int
    bucket_least_ns: array
    bucket_calls: array
    longest: tuple[SlowCall, ...]


@dataclass(frozen=True, slots=True)
class Stalls:
    """The times of single calls; `clock_ns` is what each is too long by."""

    clock_ns: int
    alloc: TimedCalls
    release: TimedCalls
    trim: TimedCalls


@dataclass(frozen=True, slots=True)
class Program:
    """How a whole command was run, and what was seen of it."""

    executable: str
    is_python: bool
    preload: str | None
    environment: dict[str, str]
    cleared: dict[str, str]
    links: tuple[str, ...]
    without: tuple[str, ...]
    most_processes: int | None
    left_processes: int | None
    timer: str | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """Growth over base; a point only where something changed, and both
    ends. Time 0 is the last release."""

    t_ns: array
    resident_bytes: array
    live_bytes: array


@dataclass(frozen=True, slots=True)
class Cell:
    """One process: an allocator under a workload, once."""

    schema: int
    run: str
    allocator: str
    workload: str
    parameters: dict[str, int | str]
    kind: str
    after: str | None
    requests_per_s: int | None
    request_mix: str | None
    repetition: int
    block: int
    position: int
    seed: int
    aslr: bool | None
    thp: str | None
    threaded: bool | None
    outcome: Outcome
    reason: str | None
    exit_status: Signed | None
    signal: str | None
    identity: Identity | None
    affinity: tuple[int, ...] | None
    counter_inexact: bool | None
    memory_source: str | None
    instructions_source: str | None
    hardware_reason: str | None
    request_hash: str | None
    ended: str | None
    base: Base | None
    peak_rss_bytes: int | None
    samples: tuple[Sample, ...]
    covers_all_threads: bool | None
    stalls: Stalls | None
    program: Program | None
    timeline: Timeline | None

    @property
    def parameter_key(self) -> tuple[tuple[str, int | str], ...]:
        """The parameters in an order of their own: equal sets are equal."""
        return tuple(sorted(self.parameters.items()))
