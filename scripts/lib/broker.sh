# shellcheck shell=bash
# A private RabbitMQ node in $DATA/broker: its own ports, cookie, node name, epmd and directories. Over TLS it takes only
# clients that show a certificate. Sourced by `servers`, which has set $STATE, $DATA and the ports.

broker_user=rabbitmq
broker_memory=0.4 # of the machine's, above which the broker takes no messages

# Only what is set here counts: an installation's own files under /etc/rabbitmq must not change what a test means.
broker_environment() {
    local home=$DATA/broker
    export HOME=$home LANG=C.UTF-8
    export RABBITMQ_NODENAME=ruche-$AMQP_PORT@127.0.0.1 RABBITMQ_USE_LONGNAME=true RABBITMQ_CONF_ENV_FILE=$home/env.conf
    export RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT=$AMQP_PORT RABBITMQ_DIST_PORT=$DIST_PORT
    export RABBITMQ_MNESIA_BASE=$home/data RABBITMQ_LOG_BASE=$home/log
    export RABBITMQ_CONFIG_FILE=$home/rabbitmq.conf RABBITMQ_CONFIG_FILES=$home/conf.d
    export RABBITMQ_ADVANCED_CONFIG_FILE=$home/advanced.config RABBITMQ_ENABLED_PLUGINS_FILE=$home/enabled_plugins
    export ERL_EPMD_PORT=$EPMD_PORT ERL_EPMD_ADDRESS=127.0.0.1
    export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}'
    # Makes the start script become the broker instead of watching over it: one process, one id to end.
    export RUNNING_UNDER_SYSTEMD=true
}

broker_prepare() {
    local home=$DATA/broker
    alive "$STATE/broker.pid" > /dev/null && return
    mkdir -p "$home/data" "$home/log" "$home/conf.d"
    : > "$home/env.conf"
    printf '[rabbitmq_management,rabbitmq_prometheus].\n' > "$home/enabled_plugins"
    cat > "$home/rabbitmq.conf" << CONF
log.file.level = warning
vm_memory_high_watermark.relative = $broker_memory
disk_free_limit.absolute = 50MB
management.tcp.ip = 127.0.0.1
management.tcp.port = $MANAGEMENT_PORT
prometheus.tcp.ip = 127.0.0.1
prometheus.tcp.port = $PROMETHEUS_PORT
listeners.ssl.1 = 127.0.0.1:$AMQPS_PORT
ssl_options.cacertfile = $home/tls/ca.pem
ssl_options.certfile = $home/tls/server.pem
ssl_options.keyfile = $home/tls/server.key
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = true
CONF
    tls_lend "$broker_user" "$home/tls"
    chmod 700 "$home"
    ! is_root || chown -R "$broker_user:$broker_user" "$home"
}

# epmd is started here rather than by Erlang, so that its id is known and it ends with the broker.
broker_launch() {
    local server=/usr/lib/rabbitmq/bin/rabbitmq-server
    [ -x "$server" ] || server=$(command -v rabbitmq-server) || die "rabbitmq-server is not installed"
    alive "$STATE/epmd.pid" > /dev/null || {
        (broker_environment; as_user "$broker_user" setsid epmd) > /dev/null 2>&1 < /dev/null 8>&- 9>&- &
        record "$STATE/epmd.pid" $! || true
    }
    alive "$STATE/broker.pid" > /dev/null || {
        (broker_environment; cd / && as_user "$broker_user" setsid "$server") \
            > "$STATE/broker.log" 2>&1 < /dev/null 8>&- 9>&- &
        record "$STATE/broker.pid" $! || true
    }
}

broker_ready() {
    management -o /dev/null -X GET overview && answers "$AMQP_PORT" || return
    # A broker that was started before there was TLS is complete without it.
    ! grep -q '^listeners.ssl' "$DATA/broker/rabbitmq.conf" || answers "$AMQPS_PORT"
}

# Killed on the way or not, everything that answers comes back with its queues: nothing is wiped here.
broker_await() {
    local end=$((SECONDS + 90))
    until broker_ready 2> /dev/null; do
        if ! alive "$STATE/broker.pid" > /dev/null || [ "$SECONDS" -ge "$end" ]; then
            tail -n 20 "$STATE/broker.log" >&2
            return 1
        fi
        sleep 0.1
    done
}

broker_stop() {
    finish "$STATE/broker.pid" "${1:-TERM}" 30
    finish "$STATE/epmd.pid" TERM 2
}

# broker_call CALL: what the management API cannot do, as `module function [arguments]`. rabbitmqctl would start an Erlang
# of its own for it: seconds, and half a minute on a busy machine.
broker_call() {
    (broker_environment; [ "$(erl_call -name "$RABBITMQ_NODENAME" -c "$(cat "$HOME/.erlang.cookie")" -a "$1")" = ok ])
}

# broker_alarm on|off [disk]: a broker that may use no memory at all, or needs more disk than there is, has the alarm at
# once.
broker_alarm() {
    case ${2:-memory}-$1 in
        disk-on) broker_call 'rabbit_disk_monitor set_disk_free_limit [1000000000000000]' ;;
        disk-off) broker_call 'rabbit_disk_monitor set_disk_free_limit [50000000]' ;;
        memory-on) broker_call 'vm_memory_monitor set_vm_memory_high_watermark [0.0]' ;;
        memory-off) broker_call "vm_memory_monitor set_vm_memory_high_watermark [$broker_memory]" ;;
    esac
}

# broker_consumer_timeout MILLISECONDS: how long a delivery may stay unacknowledged, and ten looks in that time. Channels
# that are opened from now on go by it.
broker_consumer_timeout() {
    local tick=$(($1 / 10))
    broker_call "application set_env [rabbit,consumer_timeout,$1]" &&
        broker_call "application set_env [rabbit,channel_tick_interval,$((tick > 60000 ? 60000 : tick))]"
}

# management ARGUMENTS... PATH: one call of the management API; fails on any status from 400.
management() {
    local arguments=("${@:1:$#-1}")
    curl -sS -f -m 10 -u guest:guest -H 'content-type: application/json' "${arguments[@]}" \
        "http://127.0.0.1:$MANAGEMENT_PORT/api/${*: -1}"
}
