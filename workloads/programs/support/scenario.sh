# shellcheck shell=sh
# What the scenarios in shell share: their words, a folder of their own, an end
# that leaves nothing.
#
# They run in /bin/sh, which takes the least memory of all shells: it is part of
# the process tree that is measured.

# refuse WORD KEY...: ends the scenario: WORD is none of its parameters.
refuse() {
    word=$1
    shift
    printf '%s: %s: give KEY=NUMBER, with a key of %s\n' "${0##*/}" "$word" \
        "$(printf '%s ' "$@")" >&2
    exit 2
}

# set_number KEY=NUMBER: sets the variable KEY.
set_number() {
    case ${1#*=} in
    '' | *[!0-9]*) refuse "$1" "${1%%=*}" ;;
    esac
    eval "${1%%=*}=\${1#*=}"
}

# mark NAME SECONDS: begins a phase, and leaves time to see it settled; unlike a
# command in the foreground, `wait` ends with a signal.
mark() {
    printf 'MARK %s\n' "$1"
    sleep "$2" &
    wait $!
}

# Ends what runs in the background, and removes the folder. A milder signal is
# lost to a process that has not become its program yet; and a subshell would
# not know the jobs.
leave_nothing() {
    jobs -p >"$folder/jobs"
    while read -r process; do
        kill -KILL "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done <"$folder/jobs"
    rm -rf "$folder"
}

# Makes `folder`, which goes when the scenario ends, whatever ends it.
make_folder() {
    folder=$(mktemp -d)
    trap leave_nothing EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}
