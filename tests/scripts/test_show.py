"""`giveback show` and the command line around it, run as users run it.

The golden tables are worked out below; to look at a change on purpose, write
the new text with: GIVEBACK_WRITE_GOLDEN=1 python3 -m pytest tests/scripts
"""

import os
import pty
import re
import subprocess
import sys

import pytest
import rows_maker as make
from conftest import GOLDEN, ROOT

# Twelve paired ratios around their median: the third smallest and the third
# greatest, -3 and +3 %, are the ends of the interval.
SCATTER = (0.02, -0.05, 0.0, 0.04, -0.01, -0.04, 0.05, -0.02, 0.01, -0.03,
           0.0, 0.03)
# The reference's own: the median is 1, the median absolute deviation 0.04,
# so the noise is 1.4826 * 4 % = 6 %.
NOISE = (1.04, 0.96, 1.04, 0.96, 1.0, 1.0, 1.08, 0.92, 1.04, 0.96, 1.04, 0.96)


def timing(name: str, ratio: float, scatter=SCATTER) -> list[dict]:
    return [make.timing_cell(name, 32 * noise * ratio * (1 + spread), block)
            for block, (noise, spread) in enumerate(zip(NOISE, scatter))]


def memory(name: str, peak: float, silent: list, tick: list,
           spread: float = 0, **changes) -> list[dict]:
    """Three repetitions, whose growth differs by `spread` MiB each."""
    rows = []
    for repetition in range(3):
        common = {"repetition": repetition, "seed": 1 + repetition}
        extra = spread * repetition
        rows.append(make.memory_cell(
            name, "silent", peak + extra, [kept + extra for kept in silent],
            **(common | changes)))
        rows.append(make.memory_cell(
            name, "tick", peak + extra,
            [kept + extra for kept in tick], **common))
    return rows


def matrix() -> list[dict]:
    """Five allocators of the kinds that the seed told about.

    system: half of 320 MiB is back between 10 and 100 ms of tick.
    mimalloc: repetitions keep 160, 163 and 166 MiB: 163.0 +- 3.0; half of
    the cells of one repetition are compared with equal seed: exact.
    pymalloc:3.10: no trim call. scudo: not installed.
    jemalloc: one of three tick cells timed out.
    """
    entries = [make.allocator("jemalloc", "5.3.0"),
               make.allocator("system", "glibc 2.36"),
               make.allocator("mimalloc", "2.0.9"),
               make.allocator("pymalloc:3.10+release=never"),
               make.allocator("pymalloc:3.10"),
               make.allocator("scudo", outcome="unsupported",
                              reason="libscudo.so is not there: install it")]
    jemalloc = memory("jemalloc", 165.1, [165.1, 165, 164, 162, 160.2],
                      [165.1, 150, 100, 20, 5.7], trim=5)
    assert jemalloc[3]["after"] == "tick"
    jemalloc[3] = make.failed_cell(
        "jemalloc", "timed_out", "60 s were over in phase tick",
        after="tick", repetition=1)
    return [
        make.run_line(*entries, pairs=12, repetitions=3, command=[
            "giveback", "run", "-w", "fill_drain+order=fifo,lifo"]),
        *memory("system", 320, [320] * 5, [320, 200, 60, 3, 0.1], trim=0.1),
        *timing("system", 1, [0] * 12),
        *jemalloc, *timing("jemalloc", 0.65),
        *memory("mimalloc", 160, [160] * 5, [160] * 5, spread=3, trim=0.1),
        *timing("mimalloc", 1.5),
        *memory("pymalloc:3.10+release=never", 161, [161] * 5, [161] * 5,
                tail_operations=0),
        *timing("pymalloc:3.10+release=never", 1.0,
                [spread / 5 for spread in SCATTER]),
        *memory("pymalloc:3.10", 161, [1] * 5, [1] * 5, tail_operations=0),
        *timing("pymalloc:3.10", 0.98, [3 * spread for spread in SCATTER])]


def quick() -> list[dict]:
    """A regime of 1 s, a growth of -1 KiB that must not be "-0.0", and six
    pairs, which cannot reject among two comparisons."""
    names = ("system", "a", "b")
    rows = [make.run_line(*map(make.allocator, names), settle_ns=10**9,
                          command=["giveback", "run", "--quick"])]
    for name in names:
        rows.append(make.memory_cell(name, "silent", 160,
                                     [160, 80, 20, -1 / 1024]))
        rows += [make.timing_cell(name, 20 if name == "system" else 10 + b, b)
                 for b in range(6)]
    return rows


def hostile() -> list[dict]:
    """Names, reasons and parameters that would take over a terminal."""
    evil = "\033]0;owned\007\033[2J\u202e\n\r\ud800" + "A" * 5000
    rows = [make.run_line(make.allocator(evil, evil), command=[evil, "a b"],
                          host=make.HOST | {"cpu": evil}),
            make.memory_cell(evil, "silent", 160, [160] * 5, workload=evil,
                             parameters={evil: evil, "start": "warm"}),
            make.failed_cell(evil, "failed", evil, after="tick",
                             workload=evil,
                             parameters={evil: evil, "start": "warm"})]
    return rows


def instructions() -> list[dict]:
    """Counts of three allocators; one differs by 20 ppm in its repetitions,
    one cannot be counted."""
    names = ("jemalloc:decay_never", "system", "scudo")
    rows = [make.run_line(*map(make.allocator, names), repetitions=2,
                          command=["giveback", "run", "-k", "instructions"])]
    for repetition in range(2):
        common = {"repetition": repetition, "seed": 1 + repetition}
        rows += [
            make.instructions_cell("jemalloc:decay_never", 100000
                                   + 2 * repetition, **common),
            make.instructions_cell("system", 200000, **common),
            make.failed_cell("scudo", "unsupported",
                             "under valgrind: SIGABRT (Aborted) in warm-up",
                             kind="instructions", after=None, **common)]
    return rows


def sweep() -> list[dict]:
    """What is made of several cells.

    survivors: 1,000,000 objects of 16 B take 16,000,000 bytes at the peak,
    stride 16. 1 in 100: all is left, every page explained. 1 in 100,000:
    10 survive and 4,000,000 bytes are left, of which 3,932,160 lie in units
    of 256 KiB with a survivor; the fit is 16 ln 0.75 / ln (1 - 1e-5), 449.5
    KiB. 67,840 bytes are in no unit, less than 1 % of the peak.
    fill_drain: 10 requests a second leave 100 %, 1,000 leave 5 and 7 %. CPU
    36 and 18 ns for 100 pairs; the timeline of decay_0 gives 160 MiB back.
    """
    entries = (make.allocator("jemalloc:decay_0", "5.3.0"),
               make.allocator("jemalloc:decay_never", "5.3.0"))
    rows = [make.run_line(*entries, repetitions=2,
                          regimes=["silent", "tick+rate=10", "tick"],
                          command=["giveback", "run", "--after",
                                   "silent,tick+rate={10,1000}"])]
    for keep, left, explained in ((100, 16 * 10**6, 16 * 10**6),
                                  (100_000, 4 * 10**6, 3_932_160)):
        rows.append(_survivors_cell("jemalloc:decay_0", keep, left,
                                    explained))
    for name, back in (("jemalloc:decay_0", 0), ("jemalloc:decay_never", 160)):
        for repetition in range(2):
            common = {"repetition": repetition, "seed": 1 + repetition}
            timeline = {"t_ns": [-2 * 10**9, -10**9, 0],
                        "resident_bytes": [0, 160 * make.MIB,
                                           back * make.MIB],
                        "live_bytes": [0, 160 * make.MIB, 0]}
            for after, kept in (("tick+rate=10", 160),
                                ("tick", 8 + 3.2 * repetition)):
                rows.append(make.memory_cell(
                    name, after, 160, [160] * 4 + [kept], timeline=timeline,
                    **common))
        rows += [make.timing_cell(name, (1 if back else 2) * 18 * 10**7,
                                  block) for block in range(6)]
    return rows


def _survivors_cell(name: str, keep: int, left: int, explained: int) -> dict:
    alive = 10**6 // keep
    truth = {"live_bytes": min(left, 4096 * alive),
             "dead_bytes": left - min(left, 4096 * alive),
             "granules": {granule: explained if int(granule) >= 2**18
                          or left == explained else 4096 * alive
                          for granule in make.GRANULES}}
    row = make.memory_cell(name, "silent", 16e6 / make.MIB,
                           [left / make.MIB] * 5, live=16e6 / make.MIB,
                           workload="survivors",
                           parameters={"objects": 10**6, "size": 16,
                                       "keep": keep, "pattern": "scattered",
                                       "start": "warm"})
    for sample in row["samples"]:
        sample["live_blocks"] = 10**6 if sample["phase"] == "fill" else alive
        if sample["phase"] == "trim":
            sample["pages"] = truth
    return row


def check_golden(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("GIVEBACK_WRITE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()


def figures_of(text: str, name: str) -> list[str]:
    """The words of the first line that belongs to an allocator."""
    return next(line for line in text.splitlines()
                if line.startswith(name)).removeprefix(name).split()


def calls() -> list[dict]:
    """What the kinds stalls and traffic tell, worked out by hand.

    system: of 2,000,000 allocs in two cells 40 take over 1 us and 2 over
    100 us: 20 and 1 per million; p99.99 is 20 ns. Its poke takes 2 s; a
    traffic cell has 1 brk of 256 KiB there. mimalloc: one of two cells
    crashed. scudo: not installed. jemalloc: a thread is not counted.
    """
    entries = [make.allocator("system", "2.36"), make.allocator("mimalloc"),
               make.allocator("jemalloc"),
               make.allocator("scudo", outcome="unsupported",
                              reason="not installed")]
    poke = make.slow_call(2 * 10**9, phase="poke", system_ns=10**8,
                          involuntary_switches=3)
    fast = make.timed_calls({20: 999980, 1024: 20}, above_1us=20)
    rows = [make.run_line(*entries)]
    for repetition in range(2):
        longest = [poke] if repetition else [make.slow_call(
            200000, position=12345, wall_ns=250000, calls=700,
            minor_faults=9)]
        changes = {"repetition": repetition, "block": repetition}
        rows += [make.stalls_cell(
                     "system", fast | {"above_10us": 1, "above_100us": 1,
                                       "longest": longest},
                     make.timed_calls({30: 10}, [make.slow_call(
                         30, call="release", phase="drain", wall_ns=500)]),
                     make.timed_calls({2 ** 30: 1}, [make.slow_call(
                         2**30 + 5, call="trim", phase="trim",
                         cpu_ns=10**8, voluntary_switches=1,
                         major_faults=4)], above_1us=1), **changes),
                 make.traffic_cell("system", **changes),
                 make.traffic_cell("jemalloc", covers_all_threads=False,
                                   **changes)]
    rows += [make.stalls_cell("mimalloc", make.timed_calls(
                 {2000: 3}, [make.slow_call(2010, cpu_ns=0)], above_1us=3)),
             make.failed_cell("mimalloc", "crashed", "SIGSEGV in fill",
                              kind="stalls", after=None, repetition=1)]
    rows += [make.failed_cell("scudo", "unsupported", "not installed",
                              kind=kind, after=None)
             for kind in ("stalls", "traffic")]
    return rows


# ---- the tables -----------------------------------------------------------

def test_golden_seed(giveback, seed_file):
    check_golden("show_seed.txt", giveback("show", seed_file).stdout)


def test_golden_matrix(giveback, write):
    check_golden("show_matrix.txt", giveback("show", write(matrix())).stdout)


def test_golden_matrix_wide(giveback, write):
    done = giveback("show", "--width", 110, write(matrix()))
    check_golden("show_matrix_wide.txt", done.stdout)


def test_golden_quick(giveback, write):
    check_golden("show_quick.txt", giveback("show", write(quick())).stdout)


def test_golden_sweep(giveback, write):
    check_golden("show_sweep.txt", giveback("show", write(sweep())).stdout)


def test_golden_calls(giveback, write):
    check_golden("show_calls.txt", giveback("show", write(calls())).stdout)


def test_golden_instructions(giveback, write):
    check_golden("show_instructions.txt",
                 giveback("show", write(instructions())).stdout)


def test_golden_hostile(giveback, write):
    check_golden("show_hostile.txt",
                 giveback("show", write(hostile())).stdout)


@pytest.mark.parametrize("rows", [matrix, quick, hostile, sweep, calls,
                                  instructions])
@pytest.mark.parametrize("width", [80, 81, 97, 110, 200])
def test_no_line_is_wider_than_asked(giveback, write, rows, width):
    lines = giveback("show", "--width", width,
                     write(rows())).stdout.splitlines()
    assert max(map(len, lines)) <= width


def test_nothing_of_a_file_reaches_the_terminal_unseen(giveback, write):
    done = giveback("show", write(hostile()))
    assert done.returncode == 0
    assert done.stderr == ""
    assert all(line.isprintable() for line in done.stdout.splitlines())


def test_figures_worked_out_by_hand(giveback, write):
    text = giveback("show", "--width", 120, write(matrix())).stdout
    assert "time \u00b16 %, memory exact" in text
    # 32 ns; the median of the noise is 1
    assert figures_of(text, "system glibc 2.36") == [
        "320.0", "320.0", "0.1", "0.1", "32.0", "1.00", "reference"]
    # 0.65 * 1.03 - 0.65 = 0.0195, rounded up
    assert figures_of(text, "jemalloc 5.3.0*")[-3:] == [
        "0.65", "\u00b1.02", "better"]
    mimalloc = figures_of(text, "mimalloc 2.0.9")
    assert mimalloc[:4] == ["163.0\u00b13.0"] * 3 + ["0.1"]
    assert mimalloc[-3:] == ["1.50", "\u00b1.05", "worse"]
    # an interval of +-0.6 % is inside the margin of 3 %
    assert figures_of(text, "pymalloc:3.10+release=never")[-1] == "same"
    # 0.98 +- 9 % is neither clear of 1 nor inside the margin; no trim call
    line = figures_of(text, "pymalloc:3.10 ")
    assert (line[3], line[-1]) == ("-", "unclear")
    assert "scudo" in text and "unsupported: libscudo.so is not there" in text


def test_sweeps_worked_out_by_hand(giveback, write):
    out = giveback("show", write(sweep())).stdout
    # kept; the law of eight units; the unit by page truth and by the fit
    law = out.split("1 in 100,000", 1)[1].split()[:11]
    assert (law[0], law[-2:]) == ("25.0", ["256", "450"])
    assert "Release granule: 256 KiB by page truth (1 seed), 450 KiB by the " \
        "fit" in " ".join(out.split())
    curve = out[out.index("how often it must be asked"):]
    assert curve.split().count("1,000/s") == 2
    assert "100.0 6.0 1,000/s" in " ".join(curve.split())
    # 100 pairs at 0.36 and 0.18 s each, less the tenth each of poke and
    # trim: 0.8 * (36 - 18) s over 160 MiB
    assert out.split("against jemalloc:decay_never", 1)[1].split()[:6] \
        == ["92.16", "92.16", "to", "92.16", "0.16", "6"]


def test_points_of_a_curve_are_no_columns_of_a_section(giveback, write):
    out = giveback("show", write(sweep())).stdout
    sections = out[:out.index("how often it must be asked")]
    assert "tick" in sections and "tick+rate" not in sections


def test_what_the_kernel_bills_is_told_where_it_differs(giveback, write):
    rows = [make.run_line(make.allocator("system")),
            make.memory_cell("system", "silent", 160, [2] * 5)]
    def shown() -> str:
        return " ".join(giveback("show", write(rows)).stdout.split())
    rows[1]["base"]["charged_bytes"] = 0
    for sample in rows[1]["samples"]:
        sample["charged_bytes"] = (160 if sample["phase"] == "fill" else 3) \
            * make.MIB
    assert "the kernel bills" not in shown()
    rows[1]["samples"][3]["charged_bytes"] = 1026 * make.MIB
    assert ("* system: the kernel bills 1026.0 MiB where growth is 2.0 MiB, "
            "at silent, in 1 memory cell") in shown()


def test_a_failed_cell_is_never_a_number(giveback, write):
    rows = [make.run_line(make.allocator("system"), make.allocator("a")),
            make.memory_cell("system", "silent", 160, [0] * 5),
            make.failed_cell("a", "crashed", "SIGSEGV in phase fill")]
    line = figures_of(giveback("show", write(rows)).stdout, "a ")
    assert " ".join(line) == "crashed: SIGSEGV in phase fill"


def test_cells_that_never_ran_are_no_numbers(giveback, write):
    rows = [make.run_line(make.allocator("system"), make.allocator("a")),
            make.memory_cell("system", "silent", 160, [0] * 5)]
    line = figures_of(giveback("show", write(rows)).stdout, "a ")
    assert " ".join(line) == "not run: the run ended before"


def test_unknown_figures_are_dashes(giveback, write):
    rows = [make.run_line(make.allocator("system")),
            make.memory_cell("system", "silent", 160, [0] * 5)]
    for sample in rows[1]["samples"]:
        sample["lazy_free_bytes"] = None
    text = giveback("show", write(rows)).stdout
    assert figures_of(text, "system") == ["-"] * 7
    assert "keeps" not in text


def test_figures_of_threads_are_given_with_their_ends(giveback, write):
    # 160, 163 and 172 MiB at the peak, a quarter of that kept: 40, 40.75, 43
    def rows(threaded, peaks):
        return [make.run_line(make.allocator("system"), regimes=["silent"]),
                *(make.memory_cell("system", "silent", peak, [peak / 4] * 5,
                                   repetition=i, seed=1 + i,
                                   threaded=threaded)
                  for i, peak in enumerate(peaks))]

    text = giveback("show", write(rows(True, (160, 172, 163)))).stdout
    words = " ".join(text.split())
    assert ("* system: least / median / greatest MiB: "
            "peak 160.0 / 163.0 / 172.0, silent 40.0 / 40.8 / 43.0") in words
    assert "Threads: what is resident depends on how they met; figures are " \
        "of 3 repetitions." in words
    text = giveback("show", write(rows(False, (160, 172, 163)))).stdout
    assert "least / median" not in text and "Threads:" not in text
    text = giveback("show", write(rows(True, (160,)))).stdout
    assert "of 1 repetition, and so few say little: --repetitions 3." \
        in " ".join(text.split())
    assert "least / median" not in text


def test_survivors_are_subtracted_and_named(giveback, write):
    # 8 MiB of survivors: kept is 20 - 8
    rows = [make.run_line(make.allocator("system"), regimes=["silent"]),
            make.memory_cell("system", "silent", 160, [20] * 5)]
    for sample in rows[1]["samples"][1:]:
        sample["live_bytes"] = 8 * 2**20
    text = giveback("show", write(rows)).stdout
    assert figures_of(text, "system")[:2] == ["160.0", "12.0"]
    assert "above the floor of 8.0 MiB" in text


def test_limits_and_controls_are_no_answer(giveback, write):
    names = ("system", "null", "x=bump", "planted:leak", "jemalloc@5.3:a")
    rows = [make.run_line(*map(make.allocator, names)),
            *(make.memory_cell(name, "silent", 160,
                               [160 if name == "system" else 8] * 5)
              for name in names)]
    rows[-1] = make.memory_cell(names[-1], "silent", 160, [9] * 5)
    text = giveback("show", write(rows)).stdout
    assert "160 MiB if nothing happens; jemalloc@5.3:a keeps 9 MiB" \
        in " ".join(text.split())


def test_where_only_a_control_has_figures_nothing_is_answered(giveback, write):
    rows = [make.run_line(make.allocator("gone"), make.allocator("bump")),
            make.failed_cell("gone", "unsupported", "not installed"),
            make.memory_cell("bump", "silent", 160, [160] * 5)]
    text = giveback("show", write(rows)).stdout
    assert figures_of(text, "bump")[:2] == ["160.0", "160.0"]
    assert "keeps" not in text


def test_too_few_pairs_are_told(giveback, write):
    rows = [make.run_line(make.allocator("system"), make.allocator("a"),
                          pairs=1),
            make.timing_cell("system", 30, 0), make.timing_cell("a", 15, 0)]
    text = giveback("show", write(rows)).stdout
    assert figures_of(text, "a ")[-2:] == ["0.50", "unclear"]
    assert "need 6 pairs or more for 1 comparison; here 1 pair." in text


def test_two_runs_are_shown_apart(giveback, write):
    other = [row | ({"id": "r2"} if row["type"] == "run" else {"run": "r2"})
             for row in quick()]
    text = giveback("show", write(matrix(), "one.jsonl"),
                    write(other, "two.jsonl")).stdout
    assert "run r1" in text and "run r2" in text
    assert "kept at 10 s" in text and "kept at 1 s" in text


def test_another_library_than_the_run_names_is_told(giveback, write):
    rows = [make.run_line(make.allocator("system", sha256="ab" * 32)),
            make.memory_cell("system", "silent", 160, [0] * 5, identity={
                "library": "x", "version": None, "sha256": "cd" * 32})]
    text = giveback("show", write(rows)).stdout
    assert "cells ran another library" in text


def test_the_reference_can_be_chosen(giveback, write):
    path = write(matrix())
    text = giveback("show", path, "--reference", "jemalloc",
                    "--width", 120).stdout
    assert figures_of(text, "jemalloc 5.3.0*")[-2:] == ["1.00", "reference"]
    # 1 / 0.65; the interval ends at 1 / (0.65 * 0.97) = 1.586
    assert figures_of(text, "system glibc 2.36")[-3:] == [
        "1.54", "\u00b1.05", "worse"]
    done = giveback("show", path, "--reference", "jemaloc")
    assert done.returncode == 2
    assert done.stderr.strip().endswith("did you mean jemalloc?")


def test_a_run_without_cells_says_so(giveback, write):
    done = giveback("show", write([make.run_line(make.allocator("a"))]))
    assert done.returncode == 0
    assert "\n0 cells\n" in done.stdout


# ---- the command line -----------------------------------------------------

def test_a_torn_last_line_is_a_warning(giveback, write):
    path = write(quick())
    path.write_bytes(path.read_bytes()[:-5])
    done = giveback("show", path)
    assert done.returncode == 0
    assert done.stderr.startswith(f"giveback show: {path}:22: the last line")
    assert "only 5 of 6 timing cells were run" in done.stdout


@pytest.mark.parametrize("content", [b"", b"hello\n", b"\0" * 9, b"{}\n",
                                     b"\x1b]0;x\x07\n"])
def test_a_foreign_file_is_one_line_on_stderr(giveback, tmp_path, content):
    path = tmp_path / "foreign\n.jsonl"
    path.write_bytes(content)
    done = giveback("show", path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("giveback show: ")
    assert done.stderr.count("\n") == 1
    assert done.stderr[:-1].isprintable()


@pytest.mark.parametrize(("arguments", "complaint"), [
    (["shwo"], "giveback: shwo: no such verb: did you mean show?"),
    (["list-metric"], "did you mean list-metrics?"),
    ([], "usage: giveback VERB"), (["show"], "FILE"),
    (["show", "--width", "40", "x"], "at least 80"),
    (["show", "--width", "wide", "x"], "--width"),
    (["show", "--wid", "90", "x"], "--wid"),
    (["show", "nowhere"], "nowhere: cannot be read: No such file")])
def test_wrong_usage_exits_2(giveback, arguments, complaint):
    done = giveback(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert complaint in done.stderr


@pytest.mark.parametrize("verb", [[], ["show"], ["list-metrics"]])
def test_help_states_the_defaults(giveback, verb):
    done = giveback(*verb, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("usage: giveback")
    if verb:
        assert "default" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_metrics_are_listed(giveback):
    done = giveback("list-metrics")
    assert done.returncode == 0
    for name in ("kept", "blow_up", "t90", "cost", "stranded"):
        assert re.search(rf"^{name} ", done.stdout, re.MULTILINE)
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_it_runs_through_a_link_beside_the_binary(tmp_path, seed_file):
    link = tmp_path / "python"
    link.symlink_to(ROOT / "scripts" / "giveback")
    done = subprocess.run([sys.executable, "-B", link, "show", seed_file],
                          capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")


def test_an_output_without_unicode_gets_plain_signs(giveback, write):
    done = giveback("show", write(matrix()), PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "time +-6 %" in done.stdout and "163.0+-3.0" in done.stdout


def test_a_reader_that_goes_away_is_no_error(write):
    path = write([make.run_line(make.allocator("system")),
                  *(make.memory_cell("system", "silent", 160, [0] * 5,
                                     workload=f"w{i}") for i in range(200))])
    program = subprocess.Popen(
        [sys.executable, "-B", ROOT / "scripts" / "giveback", "show", path],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    program.stdout.close()
    assert program.stderr.read() == b""
    program.stderr.close()
    assert program.wait(timeout=60) == 0


def on_terminal(path, **environment) -> str:
    """What `giveback show` prints on a terminal."""
    leader, follower = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-B", ROOT / "scripts" / "giveback", "show", path],
        stdout=follower, stdin=follower, env={
            **{key: value for key, value in os.environ.items()
               if key != "NO_COLOR"}, "TERM": "xterm", **environment})
    os.close(follower)
    output = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        output += part
    os.close(leader)
    assert program.wait(timeout=60) == 0
    return output.decode()


def test_colour_is_for_terminals_that_want_it(write):
    path = write(matrix())
    assert "\033[32mbetter\033[0m" in on_terminal(path)
    assert "\033[31mworse\033[0m" in on_terminal(path)
    assert "\033" not in on_terminal(path, NO_COLOR="1")
    assert "\033" not in on_terminal(path, TERM="dumb")


def test_a_wide_terminal_is_used(write):
    text = on_terminal(write(matrix()), COLUMNS="120", NO_COLOR="1")
    lines = text.replace("\r", "").splitlines()
    assert 80 < max(map(len, lines)) <= 120
