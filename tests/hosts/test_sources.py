"""What no source of ours may do: hand a text to a shell or to a search for
programs, name a temporary file, run text as code."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Measuring, or reading what was measured; tests start what they like.
C_FOLDERS = ("harness", "allocators", "workloads")
PYTHON_FOLDERS = ("scripts/giveback",)
PYTHON_PROGRAMS = ("benchmarks/base", "benchmarks/same_figures",
                   "benchmarks/seed_case")

IN_C = {
    "a shell": r"\b(system|popen|wordexp)\s*\(",
    "a search for programs": r"\b(exec[lv]pe?|posix_spawnp)\s*\(",
    "a name for a temporary file":
        r"\b(mk(os|d|s)?temps?|tmpfile|te?mpnam)\s*\(|\"/tmp|\bP_tmpdir\b",
    "a text of unknown length": r"\b(gets|strcat|v?sprintf)\s*\(",
}
IN_PYTHON = {
    "a shell": r"shell\s*=|os\.(system|popen)|\bpty\b|getoutput",
    "text as code": r"(?<!\bre\.)\b(eval|exec|compile|__import__)\s*\(",
    "another's objects": r"\b(pickle|marshal|shelve|yaml)\b",
    "a name for a temporary file": r"\btempfile\b|['\"]/tmp",
}


def sources() -> list[tuple[Path, dict[str, str]]]:
    c = [(path, IN_C) for folder in C_FOLDERS
         for path in sorted((ROOT / folder).rglob("*.[ch]"))]
    python = [(path, IN_PYTHON) for folder in PYTHON_FOLDERS
              for path in sorted((ROOT / folder).rglob("*.py"))]
    programs = [(ROOT / name, IN_PYTHON) for name in PYTHON_PROGRAMS]
    return c + python + programs


def code_of(text: str, is_c: bool) -> str:
    """Without the comments of C and the sentences of Python, line by line."""
    pattern = r"/\*.*?\*/|//[^\n]*" if is_c else r'""".*?"""|#[^\n]*'
    return re.sub(pattern, lambda found: "\n" * found[0].count("\n"), text,
                  flags=re.DOTALL)


def finds(text: str, rules: dict[str, str]) -> list[str]:
    lines = code_of(text, rules is IN_C).splitlines()
    return [f"line {number}: {what}: {line.strip()}"
            for number, line in enumerate(lines, 1)
            for what, pattern in rules.items() if re.search(pattern, line)]


def test_no_source_does_what_it_may_not():
    found = {str(path.relative_to(ROOT)): hits for path, rules in sources()
             if (hits := finds(path.read_text(), rules))}
    assert found == {}


def test_all_sources_are_read():
    names = {path.name for path, _ in sources()}
    assert {"child.c", "python_verb.c", "jemalloc.c", "private_library.c",
            "fill_drain.c", "results.py", "seed_case"} <= names


@pytest.mark.parametrize(("line", "rules"), [
    ("(void)system(line);", IN_C), ("f = popen (x, y);", IN_C),
    ("execvp(a, b);", IN_C), ("mkstemp(path);", IN_C),
    ("open(\"/tmp/x\", 0);", IN_C), ("sprintf(a, b);", IN_C),
    ("subprocess.run(x, shell=True)", IN_PYTHON), ("eval(x)", IN_PYTHON),
    ("os.system(x)", IN_PYTHON), ("import pickle", IN_PYTHON),
    ("compile(x, y, 'exec')", IN_PYTHON), ("more.compile(x)", IN_PYTHON),
    ("import tempfile", IN_PYTHON)])
def test_the_rules_find_what_they_are_for(line: str, rules: dict[str, str]):
    assert finds(f"first\n{line}\n", rules) != []


@pytest.mark.parametrize(("line", "rules"), [
    ("/* system(line) */", IN_C), ("allocator_system(x);", IN_C),
    ("execve(file, a, e);", IN_C), ("x = 1  # eval(x)", IN_PYTHON),
    ("re.compiled(x)", IN_PYTHON), ("re.compile(x)", IN_PYTHON)])
def test_the_rules_leave_the_rest_alone(line: str, rules: dict[str, str]):
    assert finds(line, rules) == []
