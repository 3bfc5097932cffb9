"""The script lines of docs/ci/*.yml, executed.

What they need of a runner (make, cmake, apt-get, gh, giveback's set-up) is
replaced by programs that note their call; giveback and, for GitLab, git are
the real ones.
"""

import os
import re
import subprocess

import pytest
from conftest import ROOT

STUBS = ("apt-get", "cmake", "gh", "make")
BLOCK = re.compile(r"^( *)(?:- )?(run: \|)$")
ITEM = re.compile(r"^    - (.*)$")
LIST = re.compile(r"^  (before_script|script):$")

GREEN = {"BASE": "pymalloc:3.10", "HEAD": "pymalloc:3.10"}
RED = {"BASE": "pymalloc:3.10", "HEAD": "pymalloc:3.10+release=never"}

pytestmark = pytest.mark.skipif("GIVEBACK" not in os.environ,
                                reason="no program given")


def github_steps(text: str) -> list[str]:
    """The text of every `run: |`."""
    steps, lines = [], iter(text.splitlines())
    for line in lines:
        if found := BLOCK.match(line):
            depth, inner = len(found[1]), []
            for follows in lines:
                if len(follows) - len(follows.lstrip()) <= depth:
                    break
                inner.append(follows.strip())
            steps.append("\n".join(inner))
    return steps


def gitlab_script(text: str) -> str:
    """The items of before_script and script, in order."""
    items, inside = [], False
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            continue
        if LIST.match(line):
            inside = True
        elif inside and (found := ITEM.match(line)):
            items.append(found[1])
        else:
            inside = False
    return "\n".join(items)


@pytest.fixture
def shell(tmp_path):
    """shell(script, environment) runs bash -e where a runner would."""
    stubs = tmp_path / "stubs"
    for path in (*(stubs / name for name in STUBS),
                 tmp_path / "giveback/scripts/setup"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\necho "$0 $*" >> {tmp_path}/calls\n')
        path.chmod(0o755)
    program = tmp_path / "giveback/build/release/giveback"
    program.parent.mkdir(parents=True)
    program.symlink_to(os.environ["GIVEBACK"])

    def run(script: str, environment: dict[str, str], folder=tmp_path):
        return subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script], cwd=folder,
            encoding="utf-8", stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=120,
            env={**os.environ, "PATH": f"{stubs}:{os.environ['PATH']}",
                 "KIND": "memory", "WORKLOADS": "fill_drain+objects=300000",
                 "GIVEBACK_REPOSITORY": "x", "URL": "y",
                 "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
                 "CI_COMMIT_SHA": "1", **environment})
    return run


@pytest.mark.parametrize(("builds", "status"), [(GREEN, 0), (RED, 3)])
def test_the_lines_for_github_end_as_the_verdict_says(shell, tmp_path,
                                                      builds, status):
    build, compare, comment = github_steps(
        (ROOT / "docs/ci/github.yml").read_text())
    summary = {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
    assert shell(build, builds).returncode == 0
    done = shell(compare, builds | summary)
    assert done.returncode == status, done.stdout
    assert shell(comment, builds).returncode == 0
    assert "comment.md" in (tmp_path / "calls").read_text()
    said = (tmp_path / "giveback-ci/comment.md").read_text()
    assert said == (tmp_path / "summary.md").read_text()
    worse = [line for line in said.splitlines() if line.startswith("| kept")]
    assert len([line for line in worse if line.endswith(" worse; confirmed "
                "with 3 fresh seeds |")]) == (3 if status else 0), said


def test_unclear_is_a_warning_for_github(shell, tmp_path):
    _, compare, _ = github_steps((ROOT / "docs/ci/github.yml").read_text())
    program = tmp_path / "giveback/build/release/giveback"
    program.unlink()
    program.write_text("#!/bin/sh\nexit 4\n")
    program.chmod(0o755)
    done = shell(compare, GREEN)
    assert (done.returncode, "::warning::" in done.stdout) == (0, True)


# Of nobody's own settings.
GIT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
       "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org",
       "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org"}
# A library's repository, a runner's clone of it, and one of giveback.
REPOSITORIES = """
git init -q -b main library
git -C library commit -q --allow-empty -m first
git clone -q library workspace
git -C giveback init -q -b main
git -C giveback add .
git -C giveback commit -q -m first
"""


def test_the_lines_for_gitlab_work_in_a_workspace_that_is_kept(shell,
                                                               tmp_path):
    """The second time as after a runner's `git clean`, which takes the
    folders of worktrees and leaves their registration, the third time with
    everything still there."""
    script = gitlab_script((ROOT / "docs/ci/gitlab.yml").read_text())
    assert shell(REPOSITORIES, GIT).returncode == 0
    workspace = tmp_path / "workspace"
    job = GREEN | GIT | {"GIVEBACK_REPOSITORY": f"{tmp_path}/giveback"}
    commit = "export CI_COMMIT_SHA=$(git rev-parse HEAD)"
    for before in ("true", "git clean -ffdxq", "true"):
        done = shell(f"{before}\n{commit}\n{script}", job, workspace)
        assert done.returncode == 0, done.stdout
        assert (workspace / "giveback-ci/junit.xml").exists()
        assert (workspace / "base/.git").is_file()


def test_unclear_lets_the_job_of_gitlab_pass():
    text = (ROOT / "docs/ci/gitlab.yml").read_text()
    assert "  allow_failure:\n    exit_codes: 4\n" in text
