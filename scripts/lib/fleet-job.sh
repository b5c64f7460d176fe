# shellcheck shell=bash
# shellcheck disable=SC2154
# The job of the fleet, step by step, on servers that cost nothing: a provider's list comes in, its servers are
# initialised, shops are brought to serve, their access logs are read, and they go again. Sourced by `run` after
# main-job.sh, whose words it uses. `run` has set STATE.

fleet_size=2
# Where clients of servers in containers seem to be.
fleet_networks=172.16.0.0/12,192.168.0.0/16

# choose_fleet: a place and addresses for this run, beside those of a fleet that somebody has.
choose_fleet() {
    local run=${STATE##*run}
    fleet_state=$ROOT/.run/fleet-run$run
    run=${run#-}
    fleet_prefix=127.0.1${run:-1}
}

fleet_servers() { "$ROOT/scripts/fleet" "$@" --state "$fleet_state" --prefix "$fleet_prefix"; }

# fleet_settings MANAGEMENT: prints what workers are told of the fleet, and makes the broker's user that servers ship
# their logs as: it may write commands, and nothing else. Its password stands in no command line.
fleet_settings() {
    local password api=$1/api
    password=$(head -c 18 /dev/urandom | base64 | tr '+/' '-_')
    printf '{"password":"%s","tags":""}' "$password" | put "$api/users/shipper" || return
    put "$api/permissions/%2F/shipper" <<< '{"configure":"^$","write":"^ruche\\.commands$","read":"^$"}' || return
    rm -f "$STATE"/fleet-key*
    ssh-keygen -q -t ed25519 -N '' -C ruche -f "$STATE/fleet-key" || return
    (umask 077 && printf 'amqp://shipper:%s@fleet-host:5672/%%2F' "$password" > "$STATE/log-broker") || return
    printf 'export FLEET_KEY_FILE=%q FLEET_LOG_BROKER_FILE=%q SHOP_IMAGE=%q\n' "$STATE/fleet-key" "$STATE/log-broker" \
        "$ROOT/.run/shop.tar"
    printf 'export FLEET_NEVER_BANNED=%s FLEET_METRICS_SOURCES=%s\n' "$fleet_networks" "$fleet_networks"
}

put() { curl -sSf -X PUT -H 'content-type: application/json' --data @- "$1"; }

# fleet_up: new servers, which reach the broker, and the image of the generic shop.
fleet_up() {
    local broker=${AMQP_URL#*@}
    fleet_servers down && fleet_servers up "$fleet_size" --relay "5672=${broker%%/*}" && "$ROOT/scripts/lib/shop-image"
}

# value QUERY: what it finds; nothing when the database is away.
value() { psql -X -q -A -t "$DATABASE_URL" -c "$1" 2> /dev/null || true; }

number() { sed -n "s/.*\"$1\":\\([0-9.]*\\).*/\\1/p"; }

# A list of one server more than there are. It has the passwords of root.
bring_list() {
    local list=$STATE/list.csv
    (umask 077 && awk -F, -v OFS=, -v ip="$fleet_prefix.99" \
        '{ print } NR == 2 { $1 = ip; $7 = 9; extra = $0 } END { print extra }' "$fleet_state/servers.csv" > "$list")
    ask "$round-import" import "$list" --session "list $round" --timeout 30s
    rm -f "$list"
    session=$(value "select id from session where name = 'list $round'")
}

# All of them in one run, each line as it comes. Whoever loses sight of it looks again.
initialise() {
    local attempt status=1
    say "\$ ruche servers init --session $session --follow"
    for attempt in 1 2 3 4 5; do
        [ "$attempt" = 1 ] || sleep 1
        status=0
        ruche servers init --session "$session" --follow --id "$round-init" < /dev/null || status=$?
        case $status in 1 | 69 | 75) ;; *) break ;; esac
    done
    [ "$status" = 0 ] || return "$status"
    show servers list --session "$session"
    [ "$(count "select from server where session = $session and status = 'CONFIGURED'")" = "$fleet_size" ] &&
        [ "$(count "select from server where session = $session and fault like 'unreachable%'")" = 1 ] ||
        { warn 'not all servers are what they should be'; return 1; }
}

# status_of DOMAIN ADDRESS [PATH]: what a customer is answered. The page is in STATE.
status_of() { curl -s -m 5 -o "$STATE/page" -w '%{http_code}' -H "Host: $1" "http://$2${3:-/}" || true; }

# await_page DOMAIN: waits until one of the servers serves it; prints the moment, in milliseconds.
await_page() {
    local n end=$((SECONDS + 300)) answer
    while [ "$SECONDS" -lt "$end" ]; do
        for n in $(seq "$fleet_size"); do
            answer=$(curl -s -m 5 -o /dev/null -w '%{http_code}' -H "Host: $1" "http://$fleet_prefix.$n/" || true)
            [ "$answer" != 200 ] || { now; return; }
        done
        sleep 0.05
    done
    return 1
}

# open_shop NAME TITLE COLOUR FIELD=VALUE...: deploys a shop, and says when it was first served. Sets `waited`, in
# seconds.
open_shop() {
    local name=$1 begun page answer
    begun=$(now)
    await_page "$name.example" > "$STATE/first-page" 9>&- &
    page=$!
    answer=$(enqueue "$round-$name" deploy-shop shop="$name" title="$2" contactEmail="info@$name.example" \
        primaryColor="$3" secondaryColor='#f59e0b' domain="$name.example" "${@:4}") || { kill "$page"; return 1; }
    wait "$page" || { warn "$name.example is not served"; return 1; }
    waited=$(($(< "$STATE/first-page") - begun))
    printf '%s.example is served from %s: %d.%02d s from the command to the first page, %s bytes sent\n' \
        "$name" "$(field address <<< "$answer")" $((waited / 1000)) $((waited % 1000 / 10)) \
        "$(number bytesShipped <<< "$answer")"
    waited=$((waited / 1000 + 1))
}

# One at an address that is leased for it, with a title that is text and nothing else.
open_own() {
    local title='Ada'\''s "Teapots" {{ lookup('\''pipe'\'','\''id'\'') }} $(id) 🫖'
    local shown='<title>Ada&#39;s &quot;Teapots&quot; {{ lookup(&#39;pipe&#39;,&#39;id&#39;) }} $(id) 🫖</title>'
    open_shop teapots "$title" '#0f766e'
    home=$(value "select host(address) from shop where slug = 'teapots'")
    [ "$(status_of teapots.example "$home")" = 200 ] && grep -qF "$shown" "$STATE/page" ||
        { warn 'the title is not on the page as it was given'; return 1; }
}

# One at an address that somebody holds, for some time more than a deployment takes here.
open_leased() {
    local answer
    ttl=$((30 + 4 * waited))
    answer=$(enqueue "$round-lease" lease-ip holder=ada ttlSeconds="$ttl")
    lease=$(field leaseId <<< "$answer") leased=$(field ip <<< "$answer")
    say "ada holds $leased for $ttl seconds"
    open_shop lamps Lamps '#7c3aed' lease="$lease"
    keep_lease opened
}

keep_lease() {
    enqueue "$round-renew-$1" renew-lease leaseId="$lease" holder=ada ttlSeconds="$ttl" > "$STATE/renewed"
    say "ada keeps $leased until $(field expiresAt < "$STATE/renewed")"
}

# What customers ask for is in the journal of the server, which its log shipper sends.
read_access() {
    local n end=$((SECONDS + 60)) found
    for n in {1..20}; do status_of teapots.example "$home" "/?visit=$round-$n" > /dev/null; done
    for n in {1..5}; do status_of lamps.example "$leased" "/?visit=$round-$n" > /dev/null; done
    until found="$(visits teapots) $(visits lamps)"; [ "$found" = '20 5' ]; do
        [ "$SECONDS" -lt "$end" ] || { warn "of 20 and 5 visits are found: $found"; return 1; }
        sleep 0.2
    done
    show logs 'service=~shop-lamps-.*' --text "visit=$round"
    show logs stats 'service=~shop-.*' --by host,service
    keep_lease read
}

visits() { ruche logs "service=~shop-$1-.*" --text "visit=$round" --limit 1000 -o jsonl 2> /dev/null | wc -l; }

# Nobody renews it any more: the shop goes with it.
expire_shop() {
    local end=$((SECONDS + ttl + 120))
    show leases
    until [ "$(count "select from shop where slug = 'lamps' and status = 'RETIRED'")" = 1 ]; do
        [ "$SECONDS" -lt "$end" ] || { warn 'the shop outlives its lease'; return 1; }
        sleep 0.2
    done
    [ "$(count "select from lease where id = '$lease' and ended_by = 'expired'")" = 1 ] &&
        [ "$(status_of lamps.example "$leased")" = 404 ] && [ "$(status_of teapots.example "$home")" = 200 ] ||
        { warn 'the lease has not run out as it should'; return 1; }
    say 'the lease ran out: lamps.example is not there any more, teapots.example is'
}

retire_shop() {
    local answer left n
    answer=$(enqueue "$round-retire" retire-shop shop=teapots)
    case $answer in *'"leaseReleased":true'*) ;; *) warn "the address was not given back: $answer"; return 1 ;; esac
    [ "$(status_of teapots.example "$home")" = 404 ] || { warn 'the proxy knows it still'; return 1; }
    left=$(for n in $(seq "$fleet_size"); do on_server "$n" 'docker ps -aq; docker image ls -q'; done)
    [ -z "$left" ] && [ "$(count 'select from lease where ended_at is null')" = 0 ] ||
        { warn "something is left: $left"; return 1; }
    say 'teapots.example is not there any more; no container, image or lease is left'
}

# on_server NUMBER COMMAND: as the operator.
on_server() {
    ssh -n -i "$STATE/fleet-key" -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o LogLevel=ERROR \
        -o UserKnownHostsFile=/dev/null "ruche@$fleet_prefix.$1" "$2"
}

fleet_job() {
    session='' lease='' leased='' home='' ttl='' waited=''
    round=$(date +%Y%m%d-%H%M%S)-$$
    say
    say 'From a list to shops. Indented lines are the events, as `ruche events tail` receives them; $ is what somebody'
    say 'types.'
    step "import $((fleet_size + 1)) servers, one of them not there" bring_list
    step 'initialise them' initialise
    step 'bring a shop to serve' open_own
    step 'lease an address, and one to serve there' open_leased
    step 'ask for pages, read their access logs' read_access
    step 'let the lease run out' expire_shop
    step 'retire the other shop' retire_shop
}

fleet_summary() {
    local line
    printf '\n── Summary\n'
    printf '%-44s %s\n' servers "$(count 'select from server')" \
        'of them configured' "$(count "select from server where status = 'CONFIGURED'")" \
        shops "$(count 'select from shop')" 'versions of them' "$(count 'select from shop_release')" \
        'lines of what was done on servers' "$(count 'select from run_event')" \
        'log lines of servers and shops' "$(count 'select unnest(at) from log_chunk')" \
        'events received' "$(grep -c 'Z  ' "$STATE/events.log" || true)"
    say
    for line in "${steps[@]}"; do say "$line"; done
}
