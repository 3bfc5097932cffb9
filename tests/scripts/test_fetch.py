"""scripts/fetch-allocators: what it asks apt, what it makes of packages, and
the whole of it with an apt and a dpkg that are made up."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from giveback.fetch import apt, command, package, registry
from giveback.fetch.apt import FetchError
from giveback.fetch.package import Package

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "scripts" / "fetch-allocators"

TARGETS = """\
bookworm|bookworm|http://mirror/debian/|main|/etc/apt/a.sources:1
oldstable|bookworm|http://mirror/debian/|contrib|/etc/apt/a.sources:1
bookworm-updates|bookworm-updates|http://mirror/debian/|main|/etc/a.sources:2
bookworm|bookworm|http://other/debian/|main|/etc/apt/b.list:3
"""


# ---- apt ----------------------------------------------------------------------

def test_the_mirror_is_the_one_of_this_release():
    source = apt.own_source("bookworm", TARGETS)
    assert source.mirror == "http://mirror/debian/"
    assert source.components == ("main", "contrib")
    assert apt.sources(source, "sid", "/keys.gpg") == (
        "Types: deb\nURIs: http://mirror/debian/\nSuites: sid\n"
        "Components: main contrib\nSigned-By: /keys.gpg\n")
    assert "Signed-By" not in apt.sources(source, "sid", "")


def test_a_release_that_apt_does_not_know_is_an_error():
    with pytest.raises(FetchError, match="apt-get update"):
        apt.own_source("trixie", TARGETS)


@pytest.mark.parametrize("text, number, is_deb822, keys", (
    ("Types: deb\nSigned-By: /a.gpg\n\nTypes: deb\nSigned-By: /b.gpg\n", 2,
     True, "/b.gpg"),
    ("Types: deb\nSigned-By:\n -----BEGIN\n abc\n", 1, True,
     "-----BEGIN\n abc"),
    ("Types: deb\n", 1, True, ""), ("Types: deb\n", 7, True, ""),
    ("deb http://m a main\ndeb [arch=amd64 signed-by=/k.gpg] http://m b main",
     2, False, "/k.gpg"),
    ("deb http://m a main", 1, False, "")))
def test_keys_are_those_of_the_entry(text, number, is_deb822, keys):
    assert apt.signed_by(text, number, is_deb822) == keys


def test_dependencies_are_the_lines_that_begin_with_a_name():
    printed = ("libmimalloc3\n  Depends: libc6\nlibc6\n  Depends: libgcc-s1\n"
               "<libc-virtual>\nlibgcc-s1\nlibc6\n")
    assert apt.dependencies(printed) == ["libmimalloc3", "libc6", "libgcc-s1"]


def test_libraries_for_other_machines_are_left_out():
    assert apt.libraries_among(
        ["libc6", "lib32gcc-s1", "libc6-i386", "libx32gcc-s1", "gcc-14-base",
         "libstdc++6", "libc6-x32", "lib64z1"]) == ["libc6", "libstdc++6"]


def test_versions_belong_to_the_package_before_them():
    assert apt.versions("Package: a\nX: y\nVersion: 1:2-3\n\nPackage: b\n"
                        "Version: 4\n") == {"a": "1:2-3", "b": "4"}


# ---- packages -------------------------------------------------------------------

def own_library() -> Path:
    """A library of this machine: this Python's libc."""
    return next(Path(line.split()[-1])
                for line in Path("/proc/self/maps").read_text().splitlines()
                if "/libc.so.6" in line or "/libc-2" in line)


def test_libraries_are_those_of_this_machine(tmp_path: Path):
    lib = tmp_path / "usr/lib"
    lib.mkdir(parents=True)
    real = own_library().read_bytes()
    (lib / "libm.so.1.2").write_bytes(real)
    (lib / "libm.so.1").symlink_to("libm.so.1.2")
    (lib / "lib32.so").write_bytes(real[:4] + b"\1" + real[5:])
    (lib / "libtext.so").write_text("INPUT(libm.so.1)")
    (lib / "libgone.so.1").symlink_to("nowhere")
    assert package.libraries_in(tmp_path, tmp_path) == {
        "libm.so.1": "usr/lib/libm.so.1", "libm.so.1.2": "usr/lib/libm.so.1.2"}
    assert package.folders_of(["usr/lib/a.so", "usr/lib/b.so", "x/c.so"]) == (
        "usr/lib", "x")


def test_a_loader_is_the_file_behind_its_links(tmp_path: Path):
    assert package.loader_in(tmp_path, tmp_path) is None
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/ld-linux-x86-64.so.2").write_text("")
    (tmp_path / "a64").mkdir()
    (tmp_path / "a64/ld-linux-x86-64.so.2").symlink_to(
        "../lib/ld-linux-x86-64.so.2")
    assert package.loader_in(tmp_path, tmp_path) == \
        "lib/ld-linux-x86-64.so.2"


def test_a_loader_says_what_is_missing():
    own = package.own_loader()
    assert package.loads_under(own, [], own_library()) is None
    complaint = package.loads_under(own, [], Path("/nonexistent/lib.so"))
    assert complaint and "/nonexistent/lib.so" in complaint
    assert "No such file" in (package.loads_under(
        Path("/nonexistent/ld.so"), [], own_library()) or "")


@pytest.mark.parametrize("status, said, complaint", (
    (0, "libc.so.6 => /lib/libc.so.6 (0x1)\n", None),
    (0, "x: version `GLIBC_2.9' not found (required by y)\n"
     "x: version `GLIBC_2.38' not found (required by y)\n",
     "it needs GLIBC_2.38, which this system's libraries lack"),
    (0, "\tlibz.so.1 => not found\n",
     "it needs libz.so.1, which is not there"),
    (127, "cannot open\n", "cannot open"), (127, "", "exit status 127")))
def test_of_several_missing_versions_the_newest_is_named(status, said,
                                                         complaint):
    assert package._complaint(status, said) == complaint


# ---- the registry ---------------------------------------------------------------

def test_what_is_written_is_read_again(tmp_path: Path):
    rows = [Package("sid", "libx1", "1-1", {"libx.so.1": "sid/x"}),
            Package("sid", "libc6", "2", {"libc.so.6": "c"}, "ld", ("a", "b"),
                    "a libc")]
    assert registry.read(tmp_path) == []
    registry.write(tmp_path, rows)
    assert registry.read(tmp_path) == rows


def test_a_suite_has_one_version_of_a_package():
    old = Package("sid", "a", "1", {"x": "old"})
    other = Package("trixie", "a", "1")
    new = Package("sid", "a", "2", {"x": "new"})
    assert registry.with_package([old, other], new) == [other, new]


@pytest.mark.parametrize("text", ("{", "[]", '{"schema": 2}',
                                  '{"schema": 1, "packages": [{"a": 1}]}'))
def test_a_damaged_registry_is_an_error_with_its_remedy(tmp_path: Path,
                                                        text: str):
    (tmp_path / registry.NAME).write_text(text)
    with pytest.raises(FetchError, match="fetch again"):
        registry.read(tmp_path)


def test_two_do_not_fetch_into_one_folder(tmp_path: Path):
    with registry.locked(tmp_path):
        with pytest.raises(FetchError, match="another fetch"):
            with registry.locked(tmp_path):
                pass


# ---- the whole of it --------------------------------------------------------------

APT_GET = """
import sys
from pathlib import Path
words = sys.argv[1:]
if "indextargets" in words:
    import re
    release = Path("/etc/os-release").read_text()
    name = re.search(r'^VERSION_CODENAME="?([\\w-]+)', release, re.M)[1]
    print(f"{name}|{name}|http://mirror/|main|nowhere:1")
elif "update" in words:
    source = next(w for w in words if "sourcelist=" in w).partition("=")[2]
    if "Suites: nosuch" in Path(source).read_text():
        sys.exit("E: no Release file")
else:
    for name in words[words.index("download") + 1:]:
        Path(f"{name}_1_amd64.deb").write_text(name)
"""
APT_CACHE = """
import sys
words = sys.argv[1:]
known = {"libmimalloc3": "9.1+ds-1", "libc6": "2.99-1", "doc": "1"}
if "show" in words:
    for name in words:
        if name in known:
            print(f"Package: {name}\\nVersion: {known[name]}\\n")
elif "depends" in words:
    for name in words:
        if name in known:
            print(name)
    if "libmimalloc3" in words:
        print("  Depends: libc6\\nlibc6")
elif "search" in words:
    print("libmimalloc3 - an allocator")
"""
DPKG = """
import os, shutil, sys
from pathlib import Path
_, deb, root = sys.argv[1:]
lib = Path(root) / "usr/lib"
lib.mkdir(parents=True)
if Path(deb).read_text() == "libmimalloc3":
    shutil.copy(os.environ["OWN_LIBRARY"], lib / "libmimalloc.so.3")
"""


@pytest.fixture
def fetch(tmp_path: Path):
    """Runs the program with made-up apt and dpkg first on its path."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, text in (("apt-get", APT_GET), ("apt-cache", APT_CACHE),
                       ("dpkg", DPKG)):
        (tools / name).write_text(f"#!{sys.executable} -I\n{text}")
        (tools / name).chmod(0o755)
    environment = os.environ | {
        "PATH": f"{tools}:/usr/bin:/bin", "OWN_LIBRARY": str(own_library()),
        "GIVEBACK_FETCHED": str(tmp_path / "fetched")}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([PROGRAM, *words], env=environment, text=True,
                              capture_output=True)
    return run


def test_a_package_is_registered_with_its_libraries(fetch, tmp_path: Path):
    done = fetch("sid", "libmimalloc3")
    assert done.returncode == 0, done.stderr
    assert "libmimalloc3 9.1+ds-1: loads here" in done.stderr
    rows = json.loads((tmp_path / "fetched/registry.json").read_text())
    assert rows == {"schema": 1, "packages": [{
        "suite": "sid", "package": "libmimalloc3", "version": "9.1+ds-1",
        "libraries": {"libmimalloc.so.3": "sid/libmimalloc3_9.1+ds-1/usr/lib/"
                      "libmimalloc.so.3"},
        "loader": None, "library_path": [], "because": None}]}
    assert (tmp_path / "fetched/sid/libc6_2.99-1").is_dir()
    again = fetch("sid", "libmimalloc3")
    assert again.returncode == 0
    assert "downloading" not in again.stderr


@pytest.mark.parametrize("words, status, said", (
    (("sid", "libmimaloc3"), 1, "sid has no package libmimaloc3"),
    (("nosuch", "libmimalloc3"), 1, "nosuch: apt cannot read its packages: "
     "E: no Release file: is that a suite of this mirror?"),
    (("sid", "doc"), 1, "doc holds no shared library"),
    (("sid",), 2, "usage: "), (("../x", "a"), 2, "is no name of a suite"),
    (("sid", "a/b"), 2, "is no name of a suite or package")))
def test_what_cannot_be_fetched_is_said(fetch, words, status, said):
    done = fetch(*words)
    assert done.returncode == status
    assert said in done.stderr


def test_a_failure_keeps_what_was_there(fetch, tmp_path: Path):
    assert fetch("sid", "libmimalloc3").returncode == 0
    before = (tmp_path / "fetched/registry.json").read_text()
    assert fetch("sid", "libmimalloc3", "doc").returncode == 1
    assert fetch("nosuch", "libmimalloc3").returncode == 1
    assert (tmp_path / "fetched/registry.json").read_text() == before
    assert not list((tmp_path / "fetched").rglob(".part*"))


def test_a_folder_of_its_own_for_each_version():
    row = Package("sid", "liba1", "1:2.0-1")
    assert command._root(Path("/f"), row) == Path("/f/sid/liba1_1_2.0-1")
