"""The command line of scripts/fetch-allocators."""

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from . import registry
from .apt import Apt, FetchError
from .package import (Package, folders_of, libraries_in, loader_in,
                      loads_under, own_loader)

ROOT = Path(__file__).resolve().parents[3]

EXIT_OK, EXIT_FAILED, EXIT_USAGE = 0, 1, 2

EPILOG = """\
examples:
  scripts/fetch-allocators trixie libmimalloc3 libjemalloc2
  scripts/fetch-allocators sid libc6
  build/release/giveback run -a mimalloc,mimalloc@3.0,system@sid -w fill_drain

`giveback list allocators` shows what was fetched and how to name it. What
needs a newer libc runs under that release's own loader. Everything goes into
the folder `fetched` (or the one that GIVEBACK_FETCHED names): remove it, and
nothing is left.
"""


def main(arguments: Sequence[str]) -> int:
    """Returns 0 when all is there, 1 when something could not be fetched or
    loaded, 2 on wrong usage."""
    parser = argparse.ArgumentParser(
        "scripts/fetch-allocators", allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Fetches packages of another release, allocators or "
                    "whole libcs, into a folder of their own; the system is "
                    "not touched.", epilog=EPILOG)
    parser.add_argument("suite", metavar="SUITE", type=_word,
                        help="another release of the same distribution, from "
                             "the mirror that apt uses")
    parser.add_argument("packages", metavar="PACKAGE", nargs="+", type=_word,
                        help="of that release: libmimalloc3, libjemalloc2, "
                             "libc6 ...")
    chosen = parser.parse_args(arguments)
    named = os.environ.get("GIVEBACK_FETCHED")
    folder = Path(named) if named else ROOT / "fetched"
    try:
        with registry.locked(folder):
            return _fetch_all(folder.resolve(), chosen.suite, chosen.packages)
    except (FetchError, OSError) as error:
        say(str(error))
        return EXIT_FAILED
    except KeyboardInterrupt:
        return 130


def _word(text: str) -> str:
    """A name of Debian's: it becomes part of paths and of apt's words."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9+.-]*", text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no name of a suite or package")
    return text


def say(text: str) -> None:
    print(f"fetch-allocators: {text}", file=sys.stderr, flush=True)


def _fetch_all(folder: Path, suite: str, wanted: Sequence[str]) -> int:
    apt = Apt(folder / ".apt" / suite, suite)
    say(f"reading the list of packages of {suite}")
    apt.prepare()
    packages = registry.read(folder)
    rows = [Package(suite, name, version)
            for name, version in apt.closure(wanted).items()]
    _extract_missing(apt, folder, rows)
    fetched = [replace(row, libraries=libraries_in(_root(folder, row),
                                                   folder)) for row in rows]
    asked_for = [row for row in fetched if row.package in wanted]
    complete = [_complete(folder, row, _company(folder, row, fetched, wanted))
                for row in asked_for]
    for row in filter(None, complete):
        packages = registry.with_package(packages, row)
    registry.write(folder, packages)
    if any(complete):
        say("giveback list allocators shows what of it is a version of an "
            "allocator, and how to name it")
    return EXIT_OK if all(complete) else EXIT_FAILED


def _root(folder: Path, package: Package) -> Path:
    version = package.version.replace(":", "_")  # an epoch
    return folder / package.suite / f"{package.package}_{version}"


def _extract_missing(apt: Apt, folder: Path,
                     packages: Sequence[Package]) -> None:
    """Each into a folder of its own, unless that is there already."""
    missing = [row for row in packages if not _root(folder, row).is_dir()]
    if not missing:
        return
    suite = folder / apt.suite
    suite.mkdir(parents=True, exist_ok=True)
    say("downloading " + ", ".join(f"{row.package} {row.version}"
                                   for row in missing))
    part = suite / ".part"  # the folder is locked: nobody else has one
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        files = apt.download([row.package for row in missing], part)
        for row in missing:
            _extract(files[row.package], part / row.package,
                     _root(folder, row))
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _extract(file: Path, part: Path, root: Path) -> None:
    done = subprocess.run(["dpkg", "-x", str(file), str(part)],
                          capture_output=True, text=True)
    if done.returncode:
        raise FetchError(f"{file.name} cannot be extracted: "
                         f"{done.stderr.strip()}: is there room?")
    shutil.rmtree(part / "usr/share", ignore_errors=True)
    part.rename(root)


def _company(folder: Path, package: Package, fetched: Sequence[Package],
             wanted: Sequence[str]) -> list[Package]:
    """The package, the libc, and what was not asked for by itself: nothing
    that an allocator is not in need of."""
    return [row for row in fetched
            if row is package or row.package not in wanted
            or loader_in(_root(folder, row), folder)]


def _complete(folder: Path, package: Package,
              company: Sequence[Package]) -> Package | None:
    """With the loader it needs, if it needs one; None where it has no
    library, or none that can be loaded here."""
    if not package.libraries:
        say(f"{package.package} holds no shared library: name the package "
            "that does")
        return None
    library, because = _what_to_try(folder, package)
    if because is None:
        say(f"{package.package} {package.version}: loads here")
        return package
    loader = next((found for other in company if (found := loader_in(
        _root(folder, other), folder))), None)
    search = folders_of(path for other in company
                        for path in other.libraries.values())
    complaint = "the packages it depends on bring no loader" if not loader \
        else loads_under(folder / loader, [folder / path for path in search],
                         library)
    if complaint:
        say(f"{package.package} {package.version} cannot be loaded: "
            f"{because}; under its own release's loader: {complaint}")
        return None
    say(f"{package.package} {package.version}: under its own loader: "
        f"{because}")
    return replace(package, loader=loader, library_path=search,
                   because=because)


def _what_to_try(folder: Path, package: Package) -> tuple[Path, str | None]:
    """The library to load, and why it cannot be loaded here. A libc has its
    own loader: two of them do not live in one process."""
    if loader_in(_root(folder, package), folder):
        return folder / package.libraries["libc.so.6"], \
            "a libc has its own loader"
    loader = own_loader()
    for path in package.libraries.values():
        complaint = loads_under(loader, [], folder / path)
        if complaint:
            return folder / path, complaint
    return folder / next(iter(package.libraries.values())), None
