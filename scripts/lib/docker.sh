# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154
# Which Docker engine is used: one that answers, else one of this checkout's own. Sourced after common.sh; the caller has
# set `engine`, where an own one is.

own_engine=''

# find_engine: whether one answers, the machine's before the checkout's. Sets own_engine when it is the checkout's.
find_engine() {
    docker version > /dev/null 2>&1 && return
    [ -z "${DOCKER_HOST:-}" ] && "$ROOT/scripts/lib/engine" status "$engine" > /dev/null 2>&1 || return
    eval "$("$ROOT/scripts/lib/engine" env "$engine")"
    export DOCKER_HOST
    own_engine=1
}

# begin_engine: the same, and starts one when none answers.
begin_engine() {
    find_engine && return
    [ -z "${DOCKER_HOST:-}" ] || die "no engine answers at $DOCKER_HOST"
    is_root || die "no Docker engine answers: start the system's, as by 'systemctl start docker'"
    say "no Docker engine answers: starting one of this checkout's own in $engine"
    "$ROOT/scripts/lib/engine" start "$engine"
    find_engine || die 'the engine does not answer'
}
