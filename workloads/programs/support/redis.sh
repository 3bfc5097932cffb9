# shellcheck shell=sh
# A Redis server on a socket of its own, and what fills it.

# shellcheck source-path=SCRIPTDIR source=scenario.sh
. "$(dirname "$0")/support/scenario.sh"

# Debian's server is this program; called by this name, it only checks files.
server_program=/usr/bin/redis-check-rdb

redis() {
    /usr/bin/redis-cli -s "$folder/socket" "$@"
}

# start_server SETTING...: starts it and waits until it answers.
start_server() {
    make_folder
    ln -s "$server_program" "$folder/redis-server"
    "$folder/redis-server" --port 0 --unixsocket "$folder/socket" \
        --dir "$folder" --save '' --appendonly no --logfile '' "$@" \
        >"$folder/log" 2>&1 &
    server=$!
    until [ "$(redis ping 2>/dev/null)" = PONG ]; do
        kill -0 "$server" 2>/dev/null || {
            printf '%s: the server ended:\n' "${0##*/}" >&2
            cat "$folder/log" >&2
            exit 1
        }
        sleep 0.05
    done
}

# Takes it down, and fails where it does not go well.
stop_server() {
    redis shutdown nosave
    wait "$server"
}

# send: commands as the protocol has them, from standard input. What went wrong
# is said.
send() {
    redis --pipe >"$folder/sent" || {
        cat "$folder/sent" >&2
        exit 1
    }
}

# sets FIRST LAST SEED LEAST MOST: prints a SET for each key of these numbers;
# values have LEAST to MOST bytes.
#
# Numbers are Park and Miller's (CACM 31, 1988), in doubles without a loss, and
# so the same in every awk; from 0 they would not move, so the seed counts from 1.
sets() {
    awk -v first="$1" -v last="$2" -v state="$(($3 + 1))" -v least="$4" -v most="$5" '
        BEGIN {
            text = sprintf("%" most "s", "")
            gsub(/ /, "x", text)
            for (i = first; i <= last; i++) {
                state = state * 16807 % 2147483647
                key = "key:" i
                size = least + int(state / 2147483647 * (most - least + 1))
                printf "*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n",
                    length(key), key, size, substr(text, 1, size)
            }
        }'
}

# deletes LAST SEED PERCENT: prints a DEL for PERCENT of the keys up to LAST.
deletes() {
    awk -v last="$1" -v state="$(($2 + 1))" -v percent="$3" '
        BEGIN {
            for (i = 1; i <= last; i++) {
                state = state * 16807 % 2147483647
                if (state / 2147483647 * 100 < percent) {
                    key = "key:" i
                    printf "*2\r\n$3\r\nDEL\r\n$%d\r\n%s\r\n", length(key), key
                }
            }
        }'
}
