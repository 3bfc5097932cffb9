"""`giveback program`: what it finds out about a command and an allocator, how
it watches a command, and what readers make of its rows."""

import random
import shutil
import subprocess
from pathlib import Path

import pytest
import rows_maker as make
import validate
from giveback import program_metrics, results
from giveback.comparison import compare
from giveback.comparison.sides import Source
from giveback.programs import allocators, cells, elf, marks, order, preload
from giveback.programs import sampling, surroundings, target, timing, tree
from giveback.results import ResultsError

MIB = 2**20
PYTHON = "/usr/bin/python3"
PLAIN = {"PATH": "/usr/bin:/bin"}


def find(*words: object) -> target.Target:
    return target.find([str(word) for word in words], PLAIN)


def script(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


def compiled(path: Path, source: str, *options: str) -> Path:
    """A C program; the test is skipped where it cannot be made."""
    done = subprocess.run(["cc", "-o", path, "-x", "c", "-", "-x", "none",
                           *options],
                          input=source.encode(), capture_output=True)
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace")[:200]
        pytest.skip(f"cc {' '.join(options)}: {said}")
    return path


def library(name: str) -> Path:
    for folder in Path("/usr/lib").glob("*-linux-gnu"):
        if (folder / name).exists():
            return folder / name
    pytest.skip(f"{name} is not installed")


def entry(path: Path | None, **changes) -> dict:
    return make.allocator("it", library=None if path is None else str(path),
                          sha256="0" * 64, **changes)


def libc() -> Path:
    found, _ = preload.scope(find("/bin/ls"), PLAIN, None)
    return next(path for path in found if path.name == "libc.so.6")


# ---- the command -----------------------------------------------------------

def test_a_python_is_found_behind_a_script_and_behind_env(tmp_path):
    plain = script(tmp_path / "plain", f"#!{PYTHON}\n")
    behind = script(tmp_path / "behind", "#!/usr/bin/env -S python3 -B\n")
    for words in ([PYTHON, "-c", ""], ["python3"], [plain], [behind],
                  ["env", "-u", "X", "A=1", "python3"],
                  [script(tmp_path / "twice", f"#!{plain}\n")]):
        assert find(*words).is_python, words
    assert not find("sh", "-c", "python3").is_python
    assert find(behind, "x").arguments == ("-B", str(behind), "x")


@pytest.mark.parametrize(("arguments", "ignores"), [
    ("-I -c x", True), ("-BEc x", True), ("-X dev -I x", True),
    ("-Xdev -W error -E x", True), ("-c -I", False), ("x.py -I", False),
    ("-mEasy", False), ("-B -m x -I", False), ("--version", False),
    ("- -I", False)])
def test_a_python_that_ignores_its_environment_is_told(arguments, ignores):
    found = find(PYTHON, *arguments.split())
    assert found.ignores_environment == ignores
    refusal = preload.plan(entry(libc()), found, PLAIN).refusal
    assert ("PYTHONMALLOC" in str(refusal)) == ignores


@pytest.mark.parametrize(("words", "said"), [
    (["no-such-command-here"], "no such command in PATH"),
    (["./no/such/file"], "no such file"), (["/"], "cannot be executed"),
    ([__file__], "cannot be executed"), (["./a=b"], "env NAME=VALUE")])
def test_what_cannot_be_executed_is_wrong_usage(words, said):
    with pytest.raises(ResultsError, match=said):
        find(*words)


def test_a_script_without_an_end_is_refused(tmp_path):
    loop = tmp_path / "loop"
    script(loop, f"#!{loop}\n")
    with pytest.raises(ResultsError, match="too often"):
        find(loop)


def test_what_chooses_an_allocator_is_cleared():
    kept, cleared = surroundings.split({
        "PATH": "/bin", "LD_PRELOAD": "x", "MALLOC_CONF": "y",
        "MALLOC_ARENA_MAX": "1", "PYTHONMALLOC": "debug",
        "GLIBC_TUNABLES": "z", "MIMALLOC_SHOW_STATS": "1", "MALLOCX": ""})
    assert kept == {"PATH": "/bin", "MALLOCX": ""}
    assert len(cleared) == 6


# ---- the allocator ---------------------------------------------------------

def test_an_elf_file_says_what_it_needs_and_defines():
    found = elf.read(Path("/bin/ls").resolve())
    assert "libc.so.6" in found.needed
    assert found.interpreter is not None and "ld" in found.interpreter
    own = elf.read(libc().resolve())
    assert {"malloc", "free"} <= own.defined and own.kind == found.kind
    assert "no_such_symbol" not in own.defined


@pytest.mark.parametrize("cut", [3, 20, 64, 5000])
def test_a_file_that_is_no_elf_is_told(tmp_path, cut):
    part = tmp_path / "part"
    part.write_bytes(Path("/bin/ls").read_bytes()[:cut])
    with pytest.raises(elf.ElfError):
        elf.read(part)


def test_a_library_goes_before_the_command():
    it = library("libjemalloc.so.2")
    plan = preload.plan(entry(it, environment={"MALLOC_CONF": "x:1"}),
                        find("/bin/ls"), PLAIN)
    assert (plan.refusal, plan.library, plan.preload) == (None, it, it)
    assert cells.changes(plan) == {
        "LD_PRELOAD": str(it), "MALLOC_CONF": "x:1", "PYTHONMALLOC": "malloc"}


def test_libcs_own_malloc_needs_nothing_and_own_is_left_alone():
    system = preload.plan(entry(libc(), address="system"), find("/bin/ls"),
                          PLAIN)
    assert (system.refusal, system.preload) == (None, None)
    assert cells.changes(system) == {"PYTHONMALLOC": "malloc"}
    own = preload.plan(cells.own_entry(), find("/bin/ls"), PLAIN)
    assert (own.refusal, cells.changes(own)) == (None, {})


def test_a_malloc_that_the_command_brings_is_noticed(tmp_path):
    it = library("libjemalloc.so.2")
    brings = compiled(tmp_path / "brings", "int main(void) { return 0; }",
                      "-Wl,--no-as-needed", str(it))
    plan = preload.plan(entry(libc(), address="system"), find(brings), PLAIN)
    assert (plan.links, plan.preload) == (("libjemalloc.so.2",), libc())


def refusal(of: dict, command: object, word: str = "unsupported") -> str:
    found = preload.plan(of, find(command), PLAIN).refusal
    assert found is not None and found[0] == word
    return found[1]


def test_a_static_command_is_unsupported(tmp_path):
    static = compiled(tmp_path / "static", "int main(void) { return 0; }",
                      "-static")
    assert "statically linked" in refusal(entry(libc()), static)
    assert preload.plan(cells.own_entry(), find(static), PLAIN).refusal is None


@pytest.mark.parametrize(("mode", "said"), [(0o4755, "setuid"),
                                            (0o2755, "setgid")])
def test_a_command_with_the_rights_of_another_is_unsupported(tmp_path, mode,
                                                             said):
    copy = Path(shutil.copy("/bin/ls", tmp_path / "copy"))
    copy.chmod(mode)
    if not copy.stat().st_mode & 0o6000:
        pytest.skip("no such modes here")
    assert said in refusal(entry(libc()), copy)


def test_a_command_with_a_malloc_inside_is_unsupported(tmp_path):
    inside = compiled(
        tmp_path / "inside", "#include <stddef.h>\n"
        "void *malloc(size_t n) { (void)n; return NULL; }"
        "int main(void) { return 0; }", "-rdynamic", "-fno-builtin")
    assert "defines malloc itself" in refusal(entry(libc()), inside)


def test_a_library_that_cannot_take_mallocs_place_is_unsupported(tmp_path):
    for of, said in [
            (entry(None), "part of giveback"),
            (entry(libc(), adapter="/x.so"), "adapter"),
            (entry(libc(), options={"prefix": "je_"}), "prefix"),
            (entry(libc(), address="system+free_list=3"), "free_list"),
            (entry(libc().with_name("libm.so.6")), "exports no malloc"),
            (entry(libc(), fetched={"loader": "/ld.so"}), "loader"),
            (entry(Path("/a b.so")), "space or colon"),
            (make.allocator("it", outcome="unsupported",
                            reason="install it"), "install it")]:
        assert said in refusal(of, "/bin/ls")
    other = bytearray(libc().read_bytes())
    other[18] ^= 1  # e_machine
    (tmp_path / "other.so").write_bytes(other)
    assert "of another kind" in refusal(entry(tmp_path / "other.so"),
                                        "/bin/ls")


def test_a_library_that_the_loader_refuses_has_failed(tmp_path):
    needy = compiled(
        tmp_path / "needy.so", "extern int absent(void);"
        "void *malloc(unsigned long n) { (void)n; return 0; }"
        "void free(void *p) { (void)p; }", "-shared", "-fPIC", "-fno-builtin",
        f"-L{tmp_path}", "-Wl,--no-as-needed", str(compiled(
            tmp_path / "gone.so", "int absent(void) { return 0; }",
            "-shared", "-fPIC")))
    (tmp_path / "gone.so").unlink()
    assert "gone.so" in refusal(entry(needy), "/bin/ls", "failed")


def test_own_is_taken_out_of_the_lists():
    assert allocators.without_own(["own,system", "jemalloc"]) \
        == (["system", "jemalloc"], 0)
    assert allocators.without_own(["a,b", "own"]) == (["a,b"], 2)
    assert allocators.without_own(["a,b"]) == (["a,b"], None)


# ---- order and marks -------------------------------------------------------

def test_each_allocator_takes_each_position_once():
    names = ["a", "b", "c"]
    rows = list(order.blocks(names, 7, random.Random(1)))
    assert all(sorted(row) == names for row in rows)
    for square in (rows[:3], rows[3:6]):
        assert all(len(set(column)) == 3 for column in zip(*square))
    assert rows == list(order.blocks(names, 7, random.Random(1)))


@pytest.mark.parametrize("hide", [False, True])
def test_marks_are_heard_in_pieces_of_any_size(hide):
    text = (b"xMARK no\nMARK peak\nMARK Peak\n MARK no\nMARK two words\n"
            b"MARK p2_\nMARK \nMARKMARK no\n\nMARK last")
    shown = text.replace(b"\nMARK peak\n", b"\n").replace(
        b"MARK p2_\n", b"") if hide else text
    for size in (1, 2, 5, 1000):
        copied, heard = [], []
        relay = marks.Relay(copied.append, heard.append, hide)
        for start in range(0, len(text), size):
            relay.feed(text[start:start + size])
        relay.end()
        assert (b"".join(copied), heard) == (shown, ["peak", "p2_"])


# ---- one run ---------------------------------------------------------------

def observe(*words: str, expect: Path | None = None, limit_s: float = 30,
            memory_limit_bytes: int | None = None, **environment: str
            ) -> tuple[sampling.Observation, bytes]:
    copied: list[bytes] = []
    tree.become_reaper()
    found = sampling.observe(sampling.Order(
        words, PLAIN | environment, expect, find(*words).path,
        int(limit_s * 1e9), memory_limit_bytes, False), copied.append)
    return found, b"".join(copied)


def test_phases_are_read_at_their_marks():
    found, out = observe(PYTHON, "-c", """if True:
        import time
        print("before")
        held = bytearray(96 << 20)
        print("MARK peak", flush=True); time.sleep(0.1)
        del held
        print("MARK dropped", flush=True); time.sleep(0.6)
        held = bytearray(64 << 20)""")
    assert found.status == 0
    assert out == b"before\nMARK peak\nMARK dropped\n"
    start, peak, dropped = found.phases
    assert [start.name, peak.name, dropped.name] \
        == ["start", "peak", "dropped"]
    rss = [phase.reading.fields["rss_bytes"] for phase in found.phases]
    # What rises on the way out is not in the last phase, and is no peak.
    assert rss[0] >= 96 * MIB > 64 * MIB > rss[1] and rss[2] < 64 * MIB
    assert rss[0] <= found.peak_bytes < 160 * MIB
    assert dropped.reading.fields["processes"]["count"] == 1


def test_marks_that_were_not_flushed_are_unknown():
    found, _ = observe(PYTHON, "-c", "print('MARK peak\\nMARK dropped')")
    assert [phase.name for phase in found.phases] \
        == ["start", "peak", "dropped"]
    assert found.phases[-1].reading is None


def test_the_map_of_the_command_proves_the_library():
    it = library("libjemalloc.so.2")
    assert observe("sleep", "0.2", expect=it,
                   LD_PRELOAD=str(it))[0].mapped is True
    without, _ = observe("sleep", "0.2", expect=it)
    assert without.mapped is False
    behind, _ = observe("env", "-i", "sleep", "0.2", expect=it,
                        LD_PRELOAD=str(it))
    assert behind.mapped is False
    plan = preload.Plan("it", None, it, it)
    outcome, reason = cells._judge_memory(plan, without, 0, None)
    assert outcome == "failed" and "not in its memory map" in reason


def test_a_child_without_the_library_is_named():
    it = library("libjemalloc.so.2")
    found, _ = observe(
        "sh", "-c", f"env -i {PYTHON} -c 'import time;"
        "x = bytearray(40 << 20); time.sleep(0.3)'; true", expect=it,
        LD_PRELOAD=str(it))
    assert found.mapped is True and found.processes > 1
    (name, held), = found.without.items()
    assert name.startswith("python3") and held > 40 * MIB
    outcome, reason = cells._judge_memory(
        preload.Plan("it", None, it, it), found, 0, None)
    assert outcome == "failed" and name in reason


def test_what_a_command_leaves_behind_is_counted_in_and_ended():
    found, _ = observe(
        "sh", "-c", f"setsid {PYTHON} -c 'import time;"
        "x = bytearray(40 << 20); time.sleep(123.25)' & exec sleep 0.6")
    assert (found.status, found.left) == (0, 1)
    assert found.peak_bytes > 40 * MIB
    assert not any(b"123.25" in path.read_bytes() for path
                   in Path("/proc").glob("[0-9]*/cmdline") if path.exists())


def test_limits_end_the_command():
    slow, _ = observe("sleep", "60", limit_s=0.2)
    assert slow.killed_for[0] == "timed_out"
    large, _ = observe(PYTHON, "-c", "import time; x = bytearray(80 << 20);"
                       "time.sleep(60)", memory_limit_bytes=40 * MIB)
    assert large.killed_for[0] == "failed"


@pytest.mark.parametrize(("command", "outcome", "status", "by_signal"), [
    ("exit 3", "failed", 3, None), ("kill -SEGV $$", "crashed", None,
                                    "SIGSEGV"), ("exit 0", "ok", 0, None)])
def test_how_the_command_ended_is_kept_in_both_kinds(tmp_path, command,
                                                     outcome, status,
                                                     by_signal):
    frame = cells.Frame("r1", make.HOST, {}, find("sh", "-c", command), "sh",
                        1, {}, "hyperfine")
    plan, place = preload.Plan("own"), cells.Place(0, 0)
    rows = [cells.of_memory(frame, plan, place,
                            observe("sh", "-c", command)[0])]
    if (path := timing.program()) is not None:
        rows.append(cells.of_time(frame, plan, place, timing.run_once(
            path, frame.target.words, PLAIN, {"A": "x y"},
            tmp_path / "out.json", 30)))
    for row in rows:
        assert [row[key] for key in ("outcome", "exit_status", "signal")] \
            == [outcome, status, by_signal]
        assert not list(validate.validator().iter_errors(row))


# ---- what readers make of it -----------------------------------------------

BLOCKS = range(6)


def rows(**jemalloc) -> list[dict]:
    about = jemalloc.pop("about", None)
    return [make.run_line(make.allocator("system"),
                          make.allocator("jemalloc"), regimes=[],
                          settle_ns=0, repetitions=6, pairs=6),
            *(make.program_cell("system", 100, 40, block)
              for block in BLOCKS),
            *(make.program_cell("jemalloc", 110 + block, 10, block, about,
                                **jemalloc) for block in BLOCKS),
            *(make.program_timing_cell("system", 1000 + block, block)
              for block in BLOCKS),
            *(make.program_timing_cell("jemalloc", 500 + block, block)
              for block in BLOCKS)]


def test_show_has_time_memory_and_phases(verb, write):
    said = verb("show", write(rows())).stdout
    lines = [line.split() for line in said.splitlines()]
    assert ["jemalloc", "6", "1.005", "1.000-1.010", "0.502", "0.500-0.505",
            "0.50", "±.01", "better"] in lines
    assert ["jemalloc", "6", "112.5", "110.0-115.0", "10.0", "10.0-10.0",
            "8.9", "8.7-9.1"] in lines
    assert ["system", "100.0", "100.0", "40.0"] in lines
    assert "PYTHONMALLOC=malloc" in said


def test_show_says_what_must_be_read_with_it(verb, write):
    said = " ".join(verb("show", write(rows(about={
        "links": ["liba.so"], "preload": "/j.so", "without": ["helper"],
        "left_processes": 2, "most_processes": 3,
        "cleared": {"LD_PRELOAD": "x"}}))).stdout.split())
    for part in ("brings liba.so too; /j.so stands before it",
                 "without the library: helper", "left 2 processes behind",
                 "Up to 3 processes", "no row got LD_PRELOAD"):
        assert part in said
    unmarked = rows()
    unmarked[1:] = [make.program_cell("system", 100, None),
                    make.failed_cell("jemalloc", "failed", "status 3",
                                     **{key: unmarked[7][key] for key in (
                                         "kind", "after", "workload",
                                         "parameters", "program")})]
    said = verb("show", write(unmarked, "other.jsonl")).stdout
    assert "did not print the line `MARK" in said
    assert "failed: status 3" in said and "needs 6 runs" in said


def test_kept_is_unknown_where_a_part_of_it_is(write):
    for field in ("rss_bytes", "lazy_free_bytes"):
        row = make.program_cell("system", 100, 40)
        row["samples"][-1][field] = None
        path = write([make.run_line(make.allocator("system")), row],
                     f"{field}.jsonl")
        cell, = results.read([path]).cells
        assert program_metrics.kept_percent(cell) is None
    row = make.program_cell("system", 100, 40)
    row["samples"][-1]["lazy_free_bytes"] = 10 * MIB
    cell, = results.read([write([make.run_line(), row])]).cells
    assert program_metrics.kept_percent(cell) == 30


def test_compare_pairs_blocks_and_export_has_the_figures(verb, write):
    path = write(rows())
    found = compare.compare(Source(path, "system"), Source(path, "jemalloc"))
    words = {verdict.metric: verdict.word for verdict in found.verdicts}
    assert words == {"program_cpu": "better", "program_wall": "better",
                     "program_peak": "worse", "program_kept": "better"}
    table = verb("export", "--format", "csv", path).stdout.splitlines()
    assert any(",program_kept_percent,,percent,40" in line for line in table)
    assert any(",program_cpu,,seconds,1.0" in line for line in table)


def test_a_program_cell_without_figures_is_damage(write):
    row = make.program_cell("system", 100, 40, peak_rss_bytes=None)
    with pytest.raises(ResultsError, match="no peak"):
        results.read([write([make.run_line(), row])])
