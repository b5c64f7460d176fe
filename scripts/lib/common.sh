# shellcheck shell=bash
# What every script shares: the checkout, messages, the identity of a process, free ports. Sourced, never run.

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
export ROOT
# A locale that came along by ssh may not exist here, and none may be set; Perl and PostgreSQL stumble over the first,
# what cuts lines at a column over the second.
export LC_ALL=C.UTF-8

say() { printf '%s\n' "$*"; }
warn() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { warn "$@"; exit 1; }

# usage FILE: the comment block that opens a script is its manual.
usage() { sed -n '2,/^[^#]/{s/^# \{0,1\}//;t show;b;:show;p}' "$1"; }

is_root() { [ "$(id -u)" = 0 ]; }

# kebab: LeaseIP → lease-ip, as Package.swift names the products.
kebab() { sed -E 's/([a-z])([A-Z])/\1-\2/g; s/([A-Z0-9])([A-Z][a-z])/\1-\2/g' | tr '[:upper:]' '[:lower:]'; }

# as_user NAME COMMAND...: root steps down to NAME without a session of its own, so that the process id stays the same.
# Anyone else runs the command as they are.
as_user() {
    local user=$1
    shift
    if is_root; then
        exec setpriv --reuid="$user" --regid="$user" --init-groups -- "$@"
    fi
    exec "$@"
}

# birth PID: the tick at which the process was born. A pid alone names whoever holds it today.
birth() {
    local stat
    { read -r stat < "/proc/$1/stat"; } 2> /dev/null || return 1
    stat=${stat##*) }
    [ "${stat%% *}" != Z ] || return 1
    # shellcheck disable=SC2086
    set -- $stat
    printf '%s\n' "${20}"
}

# record FILE PID: remembers a process in FILE.
record() {
    local tick
    tick=$(birth "$2") || return 1
    printf '%s %s\n' "$2" "$tick" > "$1"
}

# alive FILE: prints the pid recorded in FILE when that very process still runs.
alive() {
    local pid tick
    read -r pid tick 2> /dev/null < "$1" || return 1
    [ -n "$tick" ] && [ "$(birth "$pid")" = "$tick" ] && printf '%s\n' "$pid"
}

# finish FILE SIGNAL SECONDS: asks the process recorded in FILE to end, kills it when it has not ended in time.
finish() {
    local pid end
    if pid=$(alive "$1"); then
        kill "-$2" "$pid" 2> /dev/null || true
        end=$((SECONDS + $3))
        while alive "$1" > /dev/null; do
            if [ "$SECONDS" -ge "$end" ]; then
                kill -KILL "$pid" 2> /dev/null || true
            fi
            sleep 0.05
        done
    fi
    rm -f "$1"
}

# answers PORT: whether something on loopback accepts connections there.
answers() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }

# free_ports COUNT: that many different ports nobody listens on, below the range the kernel hands out by itself.
free_ports() {
    local found=" " count=0 port
    while [ "$count" -lt "$1" ]; do
        port=$((20000 + RANDOM % 12000))
        case $found in *" $port "*) continue ;; esac
        answers "$port" && continue
        printf '%s\n' "$port"
        found="$found$port "
        count=$((count + 1))
    done
}

# hold DIRECTORY: takes the directory for the life of this script. The lock lives in descriptor 9; whatever outlives the
# script is started with `9>&-`, so that a killed script leaves no lock behind.
hold() {
    mkdir -p "$1"
    exec 9> "$1/lock"
    flock -n 9
}

# without_faults FILE...: dies when one of these release builds can be made to fail: crash points and sabotage are for
# tests.
without_faults() {
    local file
    for file in "$@"; do
        if grep -qaE 'RUCHE_(FAULT|SABOTAGE)|12PlannedFault|10FaultPoint|8Sabotage|fault hit|lostAnswer' "$file"; then
            die "$file has crash points: it is no release build"
        fi
    done
}

# now: milliseconds, for timings. `took START` prints the seconds since then.
now() { printf '%s\n' $(( ${EPOCHREALTIME/[.,]/} / 1000 )); }
took() { local ms=$(( $(now) - $1 )); printf '%d.%02d s' $((ms / 1000)) $((ms % 1000 / 10)); }
