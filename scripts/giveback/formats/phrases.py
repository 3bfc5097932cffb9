"""A verdict's figures as words, the same in every format."""

from .. import controls, words
from ..comparison.verdicts import CellVerdict, Failure, SelfDifference

UNKNOWN = words.UNKNOWN


def figure(value: float | None, unit: str) -> str:
    """"9.2 MiB", "31.4 CPU ns", "160 arenas"."""
    if value is None:
        return UNKNOWN
    if unit == "bytes":
        return f"{words.mib(value)} MiB"
    whole = unit in ("arenas", "steps")
    return f"{value:,.0f} {unit}" if whole \
        else f"{words.decimal(value)} {unit}"


def change(verdict: CellVerdict) -> str:
    """"changed by +9,596,928 bytes", "unchanged", "+2.5 %", "+2.5 % of max
    L"."""
    if verdict.change is None:
        return UNKNOWN
    if verdict.scale != "difference":
        return percent(verdict.change) + _of_what(verdict)
    if not verdict.change:
        return "unchanged"
    return f"changed by {number(verdict.change)} {verdict.unit}"


def number(change: float | None) -> str:
    """"+9,596,928", "0", "-1.5"."""
    if change is None:
        return UNKNOWN
    return words.number(change, "+") if change else "0"


def percent(share: float | None) -> str:
    return UNKNOWN if share is None \
        else f"{round(100 * share, 1) + 0.0:+.1f} %"


def interval(verdict: CellVerdict) -> str:
    """"-2.1..+22.9 %", "-2.1..+22.9 % of max L", "-5..+900 steps"."""
    if verdict.low is None or verdict.high is None:
        return UNKNOWN
    unit = verdict.unit if verdict.scale == "difference" \
        else f"%{_of_what(verdict)}"
    return f"{bare_interval(verdict)} {unit}"


def bare_interval(verdict: CellVerdict) -> str:
    """The same without what it is in."""
    if verdict.low is None or verdict.high is None:
        return UNKNOWN
    ends = (verdict.low, verdict.high)
    if verdict.scale == "difference":
        return "..".join(map(number, ends))
    low, high = (round(100 * end, 1) + 0.0 for end in ends)
    return f"{low:+.1f}..{high:+.1f}"


def _of_what(verdict: CellVerdict) -> str:
    return " of max L" if verdict.scale == "of max L" else ""


def probability(value: float | None) -> str:
    if value is None:
        return UNKNOWN
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def verdict_words(verdict: CellVerdict) -> str:
    """"unclear: needs about 650 pairs"; "worse, but decides nothing"."""
    text: str = verdict.word
    if verdict.pairs_needed is not None:
        runs = "pairs" if verdict.paired else "runs a side"
        text += f": needs about {verdict.pairs_needed:,} {runs}"
    return text if verdict.gates else f"{text} (unpaired: advice only)"


def workload(verdict: CellVerdict | Failure | SelfDifference) -> str:
    """"fill_drain, 300,000 x 16 B, order fifo"."""
    name = words.clean(verdict.workload, words.NAME_LIMIT)
    parameters = words.parameters(dict(verdict.parameters))
    return f"{name}, {parameters}" if parameters else name


def allocators(verdict: CellVerdict) -> str:
    """"head", or "head against base"."""
    head = words.clean(verdict.head, words.NAME_LIMIT)
    if verdict.head == verdict.base:
        return head
    return f"{head} against {words.clean(verdict.base, words.NAME_LIMIT)}"


def sentence(verdict: CellVerdict) -> str:
    """All of a verdict on one line."""
    parts = [f"{allocators(verdict)}: {verdict.title} of "
             f"{words.clean(verdict.workload, words.NAME_LIMIT)} is "
             f"{'the ' * (verdict.word == 'same')}{verdict_words(verdict)}:",
             f"{figure(verdict.base_figure, verdict.unit)} ->",
             f"{figure(verdict.head_figure, verdict.unit)},",
             change(verdict)]
    if verdict.low is not None:
        parts.append(f"({interval(verdict)}, p "
                     f"{probability(verdict.adjusted_p)})")
    return " ".join(parts)


def noise(said: SelfDifference) -> str:
    """"noise: cost of fill_drain, order fifo: system differs from itself by
    +0.4 % (-1.1 to +2.0 %), 12 pairs"."""
    ends = None if said.low is None or said.high is None \
        else (said.low, said.high)
    title = f"{said.metric} ({said.point})" if said.point else said.metric
    text = f"noise: {title} of {workload(said)}: " \
        f"{controls.in_words(said.allocator, said.change, ends)}, " \
        f"{words.count(said.pairs, 'pair')}"
    return text + (", more than chance: trust no smaller difference of time"
                   if said.beyond_chance else "")


def failure(failed: Failure) -> str:
    """"head's leak: 3 memory cells of fill_drain crashed: SIGSEGV"."""
    kind = failed.kind if failed.after is None \
        else f"{failed.kind} ({failed.after})"
    return (f"{failed.side}'s {words.clean(failed.allocator)}: "
            f"{failed.count} {words.clean(kind)} "
            f"{'cell' if failed.count == 1 else 'cells'} of "
            f"{words.clean(failed.workload)} "
            f"{failed.outcome.replace('_', ' ')}: "
            f"{words.clean(failed.reason)}")
