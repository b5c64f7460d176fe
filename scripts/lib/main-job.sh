# shellcheck shell=bash
# The main job, step by step, on the bundled list: servers come in, addresses are lent, kept, given back, run out; their
# logs are shipped and read; a task expires. Sourced by `run`. Whatever dies on the way, a step asks again under the same
# id and gets the same answer. A step that did not happen as it should ends the run.

steps=()

# step TEXT COMMAND...: runs one step and remembers how long it took.
step() {
    local start
    start=$(now)
    printf '\n── %s\n' "$1"
    "${@:2}"
    steps+=("$(printf '%-44s %s' "$1" "$(took "$start")")")
}

# persist ARGUMENTS...: ruche until it gets an answer. An answer is final, an outage is not.
persist() {
    local attempt status
    for attempt in $(seq 1 30); do
        status=0
        ruche "$@" > "$STATE/answer" 2> "$STATE/answer.err" || status=$?
        case $status in
            0) cat "$STATE/answer"; return ;;
            1 | 69 | 75 | 124) sleep 1 ;;
            *) break ;;
        esac
    done
    cat "$STATE/answer" "$STATE/answer.err" >&2
    return "$status"
}

# ask ID ARGUMENTS...: the same with that message id, under which nothing happens twice.
ask() { persist "${@:2}" --id "$1"; }

# show ARGUMENTS...: ruche as somebody would type it, the line first.
show() {
    say "\$ ruche $*"
    persist "$@"
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

# A hundred lines of four machines, a message each. What the lines say decides their levels.
ship_logs() {
    local host
    for host in web-1 web-2 web-3 web-4; do
        printf '{"id":"%s","command":"ingest-logs","payload":{"streams":[{' "$round-logs-$host"
        printf '"stream":{"host":"%s","service":"shop","run":"%s"},"values":[%s]}]}}\n' "$host" "$round" "$(lines)"
    done > "$STATE/logs.ndjson"
    say 'A line of the file is a command:'
    head -n 1 "$STATE/logs.ndjson" | sed 's/^\(.\{150\}\).*/\1…/'
    show enqueue --ndjson -f "${STATE#"$PWD"/}/logs.ndjson"
}

# lines: a machine's lines of the last 25 seconds.
lines() {
    local n line begin separator=''
    begin=$(($(date +%s) - 25))
    for n in {1..25}; do
        case $n in
            7) line='level=error GET /cart 500 upstream timed out' ;;
            12 | 19) line='level=warn cache is full, dropped the oldest entry' ;;
            *) line="level=info GET /cart 200 in $n ms" ;;
        esac
        printf '%s["%d%09d","%s"]' "$separator" $((begin + n)) 0 "$line"
        separator=,
    done
}

# All of them are found, each once, and the counters say the same.
read_logs() {
    local end=$((SECONDS + 60)) found
    until found=$(ruche logs "run=$round" --limit 1000 -o jsonl 2> /dev/null | wc -l); [ "$found" = 100 ]; do
        [ "$SECONDS" -lt "$end" ] || { warn "$found of 100 lines are found"; return 1; }
        sleep 0.2
    done
    show logs "run=$round" level=error
    [ "$(wc -l < "$STATE/answer")" = 4 ] || { warn 'there are four errors in the logs'; return 1; }
    show logs stats "run=$round" --by service,level
    ruche logs stats "run=$round" --by service,level -o csv --no-headers | tr -d '\r' | sort > "$STATE/answer"
    printf 'shop,%s\n' error,4 info,88 warn,8 | cmp -s - <(cut -d, -f1-3 "$STATE/answer") || {
        warn 'the statistics of the logs are not those of the lines'
        return 1
    }
}

# make_task SECONDS: a task that is due so soon, seen among the open ones. Sets `task`.
make_task() {
    local due answer
    due=$(date -u -d "+$1 seconds" +%FT%TZ)
    answer=$(enqueue "$round-task-$1" create-task owner=ada title='Renew the certificate' place='Rack 4' \
        dueAt="$due" zone=Europe/Paris) || return
    task=$(field taskId <<< "$answer")
    say "ada's task is due in $1 seconds, at $(field dueAt <<< "$answer")"
    show tasks --owner ada
    grep -q "$task" "$STATE/answer"
}

# A task that nobody sees to: the schedule ends it, and an event says so. Where everything takes very long, its time has
# come before it could be shown: then one with more time.
expire_task() {
    local end seconds expiry
    for seconds in 5 20 60; do make_task "$seconds" && break; done || { warn 'no task was made'; return 1; }
    end=$((SECONDS + seconds + 60))
    until expiry=$(expiry_of "$task"); do
        [ "$SECONDS" -lt "$end" ] || { warn 'the task did not expire'; return 1; }
        sleep 0.2
    done
    say "nobody saw to it: it expired, and its event is of $expiry"
    show tasks --owner ada --state expired
    grep -q "$task.*expired" "$STATE/answer" || { warn 'the task is not among those that expired'; return 1; }
}

# expiry_of TASK: the time of its event, when that has been received. What was published while the listener or the broker
# had to be started again is in the database's record of events.
expiry_of() {
    local line
    if line=$(grep -m 1 "expire-task.succeeded .*$1.*\"expired\":true" "$STATE/events.log"); then
        say "${line%% *}"
    elif [ "$(grep -c 'following events' "$STATE/events.err")" -gt 1 ]; then
        psql -X -q -A -t "$DATABASE_URL" -c "select at from event where type like '%expire-task.succeeded%'
            and convert_from(body, 'UTF8') ~ '$1.*\"expired\":true'" 2> /dev/null | grep -m 1 .
    else
        return 1
    fi
}

# count QUERY: how many rows it has; nothing when the database is away.
count() { psql -X -q -A -t "$DATABASE_URL" -c "select count(*) from ($1) as q" 2> /dev/null || true; }

main_job() {
    leases=() task=''
    round=$(date +%Y%m%d-%H%M%S)-$$
    say
    say 'The main job. Indented lines are the events, as `ruche events tail` receives them; $ is what somebody types.'
    step 'import 100 servers' import_servers
    step 'lease six addresses' lease
    step 'renew two leases' renew
    step 'give two back' release
    step 'let two run out' run_out
    step 'ship 100 lines of logs' ship_logs
    step 'read them back' read_logs
    step 'let a task expire' expire_task
}

summary() {
    local line
    printf '\n── Summary\n'
    printf '%-44s %s\n' sessions "$(count 'select from session')" servers "$(count 'select from server')" \
        leases "$(count 'select from lease')" 'of them held' "$(count 'select from lease where ended_at is null')" \
        'of them expired' "$(count "select from lease where ended_by = 'expired'")" \
        'log lines' "$(count 'select unnest(at) from log_chunk')" \
        tasks "$(count 'select from task')" 'of them expired' "$(count "select from task where state = 'expired'")" \
        'events received' "$(grep -c 'Z  ' "$STATE/events.log" || true)"
    say
    for line in "${steps[@]}"; do say "$line"; done
}
