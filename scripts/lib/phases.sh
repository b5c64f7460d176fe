# shellcheck shell=bash
# Phases of a long script: each is timed, a failure is remembered, and the report ends with the tests' own closing lines.
# Sourced by `test`, `check` and `run` after common.sh.

begun=$(now)
helpers=()
verdict=0
phases=()
failed=()
closings=()
faults=()

# claim NAME: a state directory that no other run uses: .run/NAME, else .run/NAME-2, and so on. Sets STATE.
claim() {
    local n
    for n in '' -2 -3 -4 -5 -6 -7 -8 -9; do
        STATE=$ROOT/.run/$1$n
        hold "$STATE" && return
    done
    die "nine runs of $1 are already going on"
}

# phase NAME COMMAND...: runs it in the foreground.
phase() {
    local start status=0 name=$1
    start=$(now)
    printf '\n── %s\n' "$name"
    set +e
    "${@:2}"
    status=$?
    set -e
    phases+=("$(printf '%-20s %10s  %s' "$name" "$(took "$start")" "$([ $status = 0 ] && echo ok || echo FAILED)")")
    [ $status = 0 ] || failed+=("$name")
    verdict=$status
}

# phase_beside NAME COMMAND...: runs it while others go on; phase_join waits for it and shows what it printed.
phase_beside() {
    "${@:2}" > "$STATE/$1.out" 2>&1 9>&- &
    beside=$!
    helpers+=("$beside")
}
phase_join() { phase "$1" joined "$1"; }
joined() {
    local status=0
    wait "$beside" || status=$?
    cat "$STATE/$1.out" 2> /dev/null
    return $status
}

# attended COMMAND...: runs it, and ends it with this script; a signal does not wait for its end.
attended() {
    local status=0
    "$@" 9>&- &
    helpers+=("$!")
    wait $! || status=$?
    unset 'helpers[-1]'
    return $status
}

# stop_helpers: ends what this script has running beside it and is listed in `helpers`.
stop_helpers() {
    [ ${#helpers[@]} -gt 0 ] || return 0
    kill "${helpers[@]}" 2> /dev/null || true
    wait "${helpers[@]}" 2> /dev/null || true
}

# must: when the phase before has failed, nothing that follows makes sense.
must() { [ "$verdict" = 0 ] || report; }

# closing COMMAND...: shows the output and keeps its last line that sums up a test run.
closing() {
    local status=0
    "$@" 2>&1 | tee "$STATE/output" || status=$?
    close_with $status "$STATE/output"
}

# in_lanes SECOND COMMAND...: the same for two at once. What the function SECOND says is shown when both are done.
in_lanes() {
    local first=0 second=0
    "$1" > "$STATE/lane/output" 2>&1 9>&- &
    helpers+=("$!")
    closing "${@:2}" || first=$?
    wait "${helpers[-1]}" || second=$?
    unset 'helpers[-1]'
    cat "$STATE/lane/output"
    close_with "$second" "$STATE/lane/output" && return "$first"
}

# close_with STATUS FILE: remembers for the report how the tests ended whose output the file has.
close_with() {
    closings+=("$(grep -a 'Test run with' "$2" | tail -n 1)")
    [ "$1" = 0 ] || remember "$2"
    return "$1"
}

# remember FILE: what tests said against their expectations, for the report: of a long output nobody has to find it.
remember() {
    faults+=("$(grep -a -A 3 ' recorded an issue ' "$1" | grep -av '^[◇✔➜]' | cut -c 1-400 | head -n 60)")
}

# sanitized COMMAND...: the same, and a report of the sanitizer is a failure whatever the tests say.
sanitized() {
    local status=0
    TSAN_OPTIONS="halt_on_error=0 exitcode=66 ${TSAN_OPTIONS:-}" "$@" > "$STATE/output" 2>&1 || status=$?
    if [ $status != 0 ] || grep -aq 'WARNING: ThreadSanitizer' "$STATE/output"; then
        grep -a -A 40 'WARNING: ThreadSanitizer' "$STATE/output" | head -n 200 || true
        grep -a -A 4 '^✘' "$STATE/output" | head -n 200 || true
        tail -n 40 "$STATE/output"
        remember "$STATE/output"
        return 1
    fi
    grep -a 'Test run with' "$STATE/output" | tail -n 1
}

# report: the table of phases, the verdict, the closing lines; ends the script.
report() {
    printf '\n── %s in all\n' "$(took "$begun")"
    printf '%s\n' "${phases[@]}"
    [ ${#faults[@]} = 0 ] || printf '%s\n' "${faults[@]}"
    [ ${#closings[@]} = 0 ] || printf '%s\n' "${closings[@]}"
    [ ${#failed[@]} = 0 ] || { warn "failed: $(IFS=,; echo "${failed[*]}")"; exit 1; }
    exit 0
}
