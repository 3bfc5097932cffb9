"""Downloads packages of another release with this machine's own apt.

The mirror is the one that apt already uses; the suite's name is the only
thing that changes. apt's lists and its cache are kept in a folder of ours.
"""

import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


class FetchError(Exception):
    """One line for the user: what went wrong: what to do."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where this machine's own packages come from."""

    mirror: str
    components: tuple[str, ...]
    entry: str  # FILE:NUMBER of apt's sources that says so; may be unknown


def own_source(codename: str, targets: str) -> Source:
    """The source of this machine's release, of `apt-get indextargets` with
    lines `RELEASE|CODENAME|MIRROR|COMPONENT|ENTRY`, RELEASE as it stands in
    the sources ("stable")."""
    found = [line.split("|", 4) for line in targets.splitlines()
             if line.count("|") >= 4]
    own = [row[1:] for row in found if codename in row[:2]]
    if not own:
        raise FetchError(f"apt names no mirror of this release, {codename}: "
                         "run apt-get update, or look at apt's sources")
    mirror = own[0][1]
    components = dict.fromkeys(row[2] for row in own if row[1] == mirror)
    return Source(mirror, tuple(components), own[0][3].strip())


def signed_by(text: str, number: int, is_deb822: bool) -> str:
    """The keys that an entry of apt's sources names, a file or a whole key in
    lines; empty where it names none. `number` counts stanzas in the format
    of .sources, else lines, from 1."""
    parts = re.split(r"\n\s*\n", text.strip()) if is_deb822 \
        else text.splitlines()
    entry = parts[number - 1] if 0 < number <= len(parts) else ""
    pattern = r"^Signed-By:[ \t]*(.*(?:\n[ \t].*)*)" if is_deb822 \
        else r"\bsigned-by=([^\s\]]+)"
    found = re.search(pattern, entry, re.M | re.I)
    return found[1].strip() if found else ""


def _keys_of(source: Source) -> str:
    file, _, number = source.entry.rpartition(":")
    if not number.isdigit() or not Path(file).is_file():
        return ""
    return signed_by(Path(file).read_text(), int(number),
                     file.endswith(".sources"))


def sources(source: Source, suite: str, keys: str) -> str:
    """The same mirror with another suite, in the format of .sources."""
    rows = [("Types", "deb"), ("URIs", source.mirror), ("Suites", suite),
            ("Components", " ".join(source.components))]
    rows += [("Signed-By", keys)] if keys else []
    return "".join(f"{key}: {value}\n" for key, value in rows)


def dependencies(printed: str) -> list[str]:
    """The packages that `apt-cache depends --recurse` names, in its order:
    those at a line's start; <virtual> ones have no file."""
    return [line for line in dict.fromkeys(printed.splitlines())
            if re.match(r"[a-z0-9]", line)]


def versions(shown: str) -> dict[str, str]:
    """Version by package, of what `apt-cache show` prints."""
    pairs = re.findall(r"^Package: (\S+)$.*?^Version: (\S+)$", shown,
                       re.M | re.S)
    return dict(pairs)


def libraries_among(packages: Iterable[str]) -> list[str]:
    """Those that can bring a shared library that another one needs; not those
    for other machines (lib32gcc-s1, libc6-i386)."""
    return [name for name in packages
            if re.match(r"lib(?!n?x?32|64).*(?<!-i386)(?<!-x32)$", name)]


class Apt:
    """apt with lists, cache and sources in a folder of ours."""

    def __init__(self, folder: Path, suite: str) -> None:
        self.folder = folder.resolve()
        self.suite = suite

    def prepare(self) -> None:
        """Reads the suite's lists of packages."""
        for name in ("lists/partial", "cache/archives/partial"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        release = Path("/etc/os-release").read_text()
        found = re.search(r'^VERSION_CODENAME="?([\w-]+)', release, re.M)
        if not found:
            raise FetchError("/etc/os-release names no release: this is "
                             "neither Debian nor Ubuntu")
        targets = _output([
            "apt-get", "indextargets", "--format",
            "$(RELEASE)|$(CODENAME)|$(REPO_URI)|$(COMPONENT)|$(SOURCESENTRY)",
            "Created-By: Packages"])
        source = own_source(found[1], targets)
        (self.folder / "suite.sources").write_text(
            sources(source, self.suite, _keys_of(source)))
        done = self._run("apt-get", "-q", "update")
        if done.returncode:
            raise FetchError(f"{self.suite}: apt cannot read its packages: "
                             f"{_last(done)}: is that a suite of this mirror?")

    def closure(self, packages: Sequence[str]) -> dict[str, str]:
        """The packages with the libraries that they depend on, and the
        version of each; raises where the suite has none of that name."""
        done = self._run("apt-cache", "show", "--no-all-versions", *packages)
        known = versions(done.stdout)
        for name in packages:
            if name not in known:
                raise FetchError(f"{self.suite} has no package {name}: "
                                 f"{self._similar(name)}")
        without = [f"--no-{kind}" for kind in (
            "recommends", "suggests", "conflicts", "breaks", "replaces",
            "enhances")]
        done = self._run("apt-cache", "depends", "--recurse", *without,
                         *packages)
        needed = [name for name in libraries_among(dependencies(done.stdout))
                  if name not in known]
        if needed:  # of virtual ones nothing is shown
            done = self._run("apt-cache", "show", "--no-all-versions",
                             *needed)
            known |= versions(done.stdout)
        return known

    def download(self, packages: Sequence[str],
                 into: Path) -> dict[str, Path]:
        """The packages' files, newly in that folder."""
        done = self._run("apt-get", "-q", "download", *packages, cwd=into)
        files = {path.name.partition("_")[0]: path
                 for path in into.glob("*.deb")}
        if done.returncode or set(packages) - files.keys():
            raise FetchError(f"{', '.join(packages)} of {self.suite} cannot "
                             f"be downloaded: {_last(done)}")
        return files

    def _similar(self, name: str) -> str:
        stem = re.sub(r"[\d.]+(t64)?$", "", name)
        done = self._run("apt-cache", "search", "--names-only",
                         f"^{re.escape(stem)}")
        names = [line.split()[0] for line in done.stdout.splitlines()][:6]
        return (f"it has {', '.join(names)}" if names
                else "look for it with apt-cache search")

    def _run(self, *words: str,
             cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        folder = self.folder
        options = {
            "Dir::Etc::sourcelist": folder / "suite.sources",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "Dir::State::lists": folder / "lists",
            "Dir::State::status": "/dev/null",
            "Dir::Cache": folder / "cache",
            # Another user than root could not write where we do.
            "APT::Sandbox::User": "",
        }
        chosen = [word for key, value in options.items()
                  for word in ("-o", f"{key}={value}")]
        return subprocess.run([words[0], *chosen, *words[1:]], cwd=cwd,
                              capture_output=True, text=True,
                              stdin=subprocess.DEVNULL,
                              env=os.environ | {"LC_ALL": "C"})


def _output(words: Sequence[str]) -> str:
    try:
        done = subprocess.run(words, capture_output=True, text=True,
                              env=os.environ | {"LC_ALL": "C"})
    except FileNotFoundError:
        raise FetchError(f"{words[0]} is not here: this is neither Debian "
                         "nor Ubuntu") from None
    return done.stdout


def _last(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return lines[-1] if lines else f"exit status {done.returncode}"
