# shellcheck shell=bash
# What the lint tests share; each is called with the source and the build
# folder, sources this file and then works in the source folder.
#
# A lint test exits 0 when it found nothing, 77 when it cannot judge here
# (skipped, with the reason), anything else when it found something.
set -euo pipefail

source_dir=$1
build_dir=$2
cd "$source_dir"

skip() {
    printf 'skipped: %s\n' "$*"
    exit 77
}

# need TOOL VERSION: goes on only with a version that starts with VERSION.
# Another one lays out and warns otherwise, so that its verdict would be about
# the tool; the versions are those of Debian 12, where they decide.
need() {
    local tool=$1 wanted=$2 text version
    command -v "$tool" >/dev/null || skip "$tool is not installed"
    text=$("$tool" --version)
    [[ $text =~ [0-9]+(\.[0-9]+)+ ]]
    version=${BASH_REMATCH[0]}
    [[ $version == "$wanted".* || $version == "$wanted" ]] ||
        skip "$tool is version $version here; $wanted decides"
}

# files_of PATTERN...: sets `files` to what git tracks, or would track once
# added, under these patterns. Finding none is a failure: nothing was checked.
files_of() {
    git rev-parse --git-dir >/dev/null ||
        skip "git does not say which files are ours"
    local file
    files=()
    while IFS= read -r -d '' file; do
        [[ ! -f $file ]] || files+=("$file")
    done < <(git ls-files -z --cached --others --exclude-standard -- "$@")
    ((${#files[@]})) || {
        printf 'no file matches %s\n' "$*"
        exit 1
    }
}

# need_database: sets `database` to the compile database of this build or, if
# it wrote none, of the clang preset, which does, without what would be checked
# twice.
need_database() {
    local name=compile_commands.json folder all
    for folder in "$build_dir" "$source_dir/build/clang"; do
        all=$folder/$name
        [[ -f $all ]] || continue
        database=$build_dir/tests/lint/distinct/$name
        tests/lint/distinct_commands "$all" "${database%/*}"
        return
    done
    skip "no $name: build the clang preset first"
}
