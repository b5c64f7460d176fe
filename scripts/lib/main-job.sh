# shellcheck shell=bash
# The main job, step by step, on the bundled list: servers come in, addresses are lent, kept, given back, run out.
# Sourced by `run`. Whatever dies on the way, a step asks again under the same id and gets the same answer.

steps=()

# step TEXT COMMAND...: runs one step and remembers how long it took.
step() {
    local start
    start=$(now)
    printf '\n── %s\n' "$1"
    "${@:2}"
    steps+=("$(printf '%-44s %s' "$1" "$(took "$start")")")
}

# ask ID ARGUMENTS...: ruche with that message id until it gets an outcome. An outcome is final, an outage is not.
ask() {
    local id=$1 attempt status
    for attempt in $(seq 1 30); do
        status=0
        ruche "${@:2}" --id "$id" > "$STATE/answer" 2> "$STATE/answer.err" || status=$?
        case $status in
            0) cat "$STATE/answer"; return ;;
            1 | 69 | 75 | 124) sleep 1 ;;
            *) break ;;
        esac
    done
    cat "$STATE/answer" "$STATE/answer.err" >&2
    return "$status"
}

# enqueue ID COMMAND FIELD=VALUE...: publishes and waits; prints the outcome on one line.
enqueue() {
    local id=$1 field arguments=(enqueue "$2" --wait --timeout 20s --output jsonl)
    for field in "${@:3}"; do arguments+=(--set "$field"); done
    ask "$id" "${arguments[@]}"
}

field() { sed -n "s/.*\"$1\":\"\\([^\"]*\\)\".*/\\1/p"; }

import_servers() { ask "$round-import" import "$ROOT/scripts/data/servers.csv" --session "list $round" --timeout 30s; }

lease() {
    local n answer
    for n in 1 2 3 4 5 6; do
        answer=$(enqueue "$round-lease-$n" lease-ip holder="shop-$n" ttlSeconds=600 minCores=$((n % 2 * 4 + 2)))
        leases+=("$(field leaseId <<< "$answer")")
        say "shop-$n holds $(field ip <<< "$answer") until $(field expiresAt <<< "$answer")"
    done
}

renew() {
    local n answer
    for n in 1 2; do
        answer=$(enqueue "$round-renew-$n" renew-lease leaseId="${leases[n - 1]}" holder="shop-$n" ttlSeconds=1200)
        say "shop-$n keeps $(field ip <<< "$answer") until $(field expiresAt <<< "$answer")"
    done
}

release() {
    local n answer
    for n in 3 4; do
        answer=$(enqueue "$round-release-$n" release-ip leaseId="${leases[n - 1]}" holder="shop-$n")
        say "shop-$n gave back $(field ip <<< "$answer"), for others from $(field quarantinedUntil <<< "$answer")"
    done
}

# Two leases of two seconds that nobody renews: the schedule ends them.
run_out() {
    local n end=$((SECONDS + 90))
    for n in 7 8; do
        enqueue "$round-lease-$n" lease-ip holder="visitor-$n" ttlSeconds=2 > "$STATE/short-$n"
        say "visitor-$n holds $(field ip < "$STATE/short-$n") for two seconds"
    done
    for n in 7 8; do
        until [ "$(count "select 1 from lease where id = '$(field leaseId < "$STATE/short-$n")' and ended_at is not null")" = 1 ]; do
            [ "$SECONDS" -lt "$end" ] || { warn 'a lease did not run out'; return 1; }
            sleep 0.2
        done
        say "visitor-$n's lease ran out"
    done
}

# count QUERY: how many rows it has; nothing when the database is away.
count() { psql -X -q -A -t "$DATABASE_URL" -c "select count(*) from ($1) as q" 2> /dev/null || true; }

main_job() {
    leases=()
    round=$(date +%Y%m%d-%H%M%S)-$$
    step 'import 100 servers' import_servers
    step 'lease six addresses' lease
    step 'renew two leases' renew
    step 'give two back' release
    step 'let two run out' run_out
}

summary() {
    local line
    printf '\n── Summary\n'
    printf '%-44s %s\n' sessions "$(count 'select from session')" servers "$(count 'select from server')" \
        leases "$(count 'select from lease')" 'of them held' "$(count 'select from lease where ended_at is null')" \
        'of them expired' "$(count "select from lease where ended_by = 'expired'")" \
        'events received' "$(grep -c 'Z  ' "$STATE/events.log" || true)"
    for line in "${steps[@]}"; do say "$line"; done
}
