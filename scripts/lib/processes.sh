# shellcheck shell=bash
# The processes of a cluster at a desk: started, watched, started again when they die, ended. Sourced after common.sh; the
# caller has set STATE, BIN and the cluster's addresses.

# worker_names: the executables of the workers, as Package.swift lists them: `LeaseIP` → lease-ip.
worker_names() {
    sed -n '/^let workers = \[/,/^\]/s/^ *"\([A-Za-z0-9]*\)",*$/\1/p' "$ROOT/Package.swift" | kebab
}

# launch NAME: starts a process unless it runs. Each has its own session, so that Ctrl-C reaches it through us, once.
launch() {
    local command=("$BIN/$1") port
    # A file is not a terminal: without stdbuf the lines would stay in the process until there are many.
    [ "$1" != events ] || command=(stdbuf -oL "$BIN/ruche" events tail)
    port=$(sed -n "s/^$1 //p" "$STATE/ports")
    PORT=$port setsid "${command[@]}" >> "$STATE/$1.log" 2>> "$STATE/$1.err" < /dev/null 9>&- &
    record "$STATE/$1.pid" $! || true
    disown # its end is the watcher's to tell
}

# launch_all NAME...: remembers the names and a health port for each, then starts them.
launch_all() {
    local name
    for name in "$@"; do printf '%s %s\n' "$name" "$(free_ports 1)"; done > "$STATE/ports"
    for name in "$@"; do launch "$name"; done
}

# await_ready NAME...: until each answers /readyz.
await_ready() {
    local name end=$((SECONDS + 60))
    for name in "$@"; do
        until curl -sf -m 2 -o /dev/null "http://127.0.0.1:$(sed -n "s/^$name //p" "$STATE/ports")/readyz"; do
            [ "$SECONDS" -lt "$end" ] || { tail -n 20 "$STATE/$name.log" "$STATE/$name.err" >&2; return 1; }
            sleep 0.1
        done
    done
}

# await_events: until the subscription of `events` is there: what is published before is not for it.
await_events() {
    local end=$((SECONDS + 30))
    until grep -qs 'following events' "$STATE/events.err"; do
        [ "$SECONDS" -lt "$end" ] || { cat "$STATE/events.err" >&2; return 1; }
        sleep 0.1
    done
}

# watch: starts again whatever dies; ends everything, by the caller's `leave`, when the script that called it is gone.
watch() {
    local name main
    main=$(< "$STATE/main.pid")
    trap - EXIT
    trap 'exit 0' TERM
    trap : INT
    while alive "$STATE/main.pid" > /dev/null; do
        [ "$(< "$STATE/main.pid")" = "$main" ] || exit 0 # somebody else looks after it now
        while read -r name _; do
            alive "$STATE/$name.pid" > /dev/null && continue
            say "  $name is gone: starting it again"
            launch "$name"
        done < "$STATE/ports"
        "$ROOT/scripts/lib/servers" status "$STATE" > /dev/null 2>&1 || {
            say "  a server is gone: starting it again"
            "$ROOT/scripts/lib/servers" start "$STATE" > /dev/null || true
        }
        sleep 0.5
    done
    leave
}

# end_all: asks every process to stop, once, then waits for each: they finish what they hold, and a second signal would
# end them at once.
end_all() {
    local name pid
    [ -e "$STATE/ports" ] || return 0
    while read -r name _; do
        if pid=$(alive "$STATE/$name.pid"); then kill -TERM "$pid" 2> /dev/null || true; fi
    done < "$STATE/ports"
    while read -r name _; do finish "$STATE/$name.pid" 0 40; done < "$STATE/ports"
}
