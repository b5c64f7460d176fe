# shellcheck shell=bash
# A private PostgreSQL cluster in $DATA/database, on loopback TCP only: a socket's path would have to fit 107 bytes.
# Durable, as in production. Sourced by `servers`, which has set $STATE, $DATA and the port.

database_user=postgres

database_tool() {
    local newest
    newest=$(printf '%s\n' /usr/lib/postgresql/*/bin/"$1" | sort -V | tail -n 1)
    [ -x "$newest" ] || newest=$(command -v "$1") || die "PostgreSQL's $1 is not installed"
    printf '%s\n' "$newest"
}

# initdb writes beside and renames, so that a cluster half made by a killed script is never taken for one.
database_prepare() {
    local home=$DATA/database initdb
    [ ! -e "$home/data/PG_VERSION" ] || return 0
    initdb=$(database_tool initdb)
    rm -rf "$home"
    mkdir -p "$home"
    chmod 700 "$home"
    ! is_root || chown "$database_user:$database_user" "$home"
    (cd / && as_user "$database_user" "$initdb" -D "$home/new" -U ruche -A trust -E UTF8 --locale=C.UTF-8 --no-sync) \
        > "$STATE/initdb.log" 2>&1 8>&- 9>&- || { tail -n 20 "$STATE/initdb.log" >&2; return 1; }
    cat >> "$home/new/postgresql.conf" << CONF
listen_addresses = '127.0.0.1'
port = $POSTGRES_PORT
unix_socket_directories = ''
max_connections = 200
shared_buffers = 256MB
max_wal_size = 2GB
timezone = 'UTC'
log_timezone = 'UTC'
CONF
    mv "$home/new" "$home/data"
}

# Everybody is trusted, with TLS and without, but for the role `client`: it must show the certificate of that name.
database_access() {
    local home=$DATA/database
    cat > "$home/pg_hba.conf" << CONF
hostssl all client 127.0.0.1/32 cert
host all client 127.0.0.1/32 reject
host all all 127.0.0.1/32 trust
CONF
    ! is_root || chown "$database_user:$database_user" "$home/pg_hba.conf"
    tls_lend "$database_user" "$home/tls"
}

database_launch() {
    local postgres home=$DATA/database
    alive "$STATE/database.pid" > /dev/null && return
    postgres=$(database_tool postgres)
    database_access
    (cd / && as_user "$database_user" setsid "$postgres" -D "$home/data" -c hba_file="$home/pg_hba.conf" -c ssl=on \
        -c ssl_ca_file="$home/tls/ca.pem" -c ssl_cert_file="$home/tls/server.pem" \
        -c ssl_key_file="$home/tls/server.key") \
        >> "$STATE/database.log" 2>&1 < /dev/null 8>&- 9>&- &
    record "$STATE/database.pid" $! || true
}

database_sql() {
    PGCONNECT_TIMEOUT=5 psql -X -q -A -t -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$POSTGRES_PORT" -U ruche "$@"
}

# After a `kill -9` the dead server's children hold its shared memory for a moment and a start is refused: try again.
database_await() {
    local end=$((SECONDS + 60))
    until database_sql -d postgres -c 'select 1' > /dev/null 2>&1; do
        if [ "$SECONDS" -ge "$end" ]; then
            tail -n 20 "$STATE/database.log" >&2
            return 1
        fi
        sleep 0.1
        database_launch
    done
    [ -n "$(database_sql -d postgres -c "select 1 from pg_database where datname = 'ruche'")" ] ||
        database_sql -d postgres -c 'create database ruche' -c 'create role client login'
}

# INT is PostgreSQL's fast shutdown: sessions are ended, nothing is lost.
database_stop() { finish "$STATE/database.pid" "${1:-INT}" 30; }
