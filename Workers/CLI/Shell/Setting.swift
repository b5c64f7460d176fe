import HTTPClient
import Runtime

/// One variable of the environment that some executable reads: a row of the table behind `ruche config`, the man page
/// and the reference.
struct Setting: Sendable {
    /// What values it takes.
    enum Kind: Sendable {
        case text
        case integer(ClosedRange<Int>)
        case duration
        case choice([String])
    }

    let name: String
    let kind: Kind
    /// What holds when it is not set; empty for nothing.
    let fallback: String
    /// Which executables read it.
    let readers: String
    let meaning: String
    var isSecret = false

    private init(
        _ name: String, _ kind: Kind = .text, _ fallback: String = "", _ readers: String, _ meaning: String,
        secret: Bool = false
    ) {
        (self.name, self.kind, self.fallback, self.readers, self.meaning) = (name, kind, fallback, readers, meaning)
        isSecret = secret
    }

    /// Every setting there is; a test holds the list against the sources.
    static let all: [Setting] = [
        Setting(
            "AMQP_URL", .text, "amqp://guest:guest@127.0.0.1:5672/", "all", "The broker; several hosts with commas.",
            secret: true),
        Setting("AMQP_USER", .text, "", "all", "Takes the place of the user in AMQP_URL."),
        Setting("AMQP_PASSWORD", .text, "", "all", "Takes the place of the password in AMQP_URL.", secret: true),
        Setting("DATABASE_URL", .text, "", "all", "The database; without it libpq's PG* variables hold.", secret: true),
        Setting("DATABASE_USER", .text, "", "all", "Takes the place of the user."),
        Setting("DATABASE_PASSWORD", .text, "", "all", "Takes the place of the password.", secret: true),
        Setting("RUCHE_KEY_FILE", .text, "", "all", "The key ring that opens what is stored sealed."),
        Setting(
            "RABBITMQ_MANAGEMENT_URL", .text, "", "ruche, relay",
            "The broker's management API: policies and unacked counts. Without a user, as AMQP_URL's.", secret: true),
        Setting(
            "RABBITMQ_MANAGEMENT_CA_FILE", .text, "", "ruche, relay",
            "Certificates to trust there (PEM), in place of the system's."),
        Setting("RUCHE_ACTOR", .text, "", "ruche", "The name in the audit; the login name without it."),
        Setting(
            "DOCKER_HOST", .text, "unix:///var/run/docker.sock", "ruche autoscale",
            "The Docker engine whose containers are scaled: unix:///path or tcp://host:port."),
        Setting("NO_COLOR", .text, "", "ruche", "Any value turns colours off (no-color.org)."),
        Setting(
            "LOG_LEVEL", .choice(["trace", "debug", "info", "warning", "error"]), "info", "workers, relay",
            "From which level on lines are written."),
        Setting(
            "LOG_FORMAT", .choice(["json", "text"]), "", "workers, relay", "JSON lines, or text as on a terminal."),
        Setting("HTTP_ADDRESS", .text, "127.0.0.1", "workers, relay", "Where health and metrics listen."),
        Setting(
            "PORT", .integer(0...65_535), "0", "workers, relay", "The port of health and metrics; 0 is any free one."),
        Setting(
            "PREFETCH", .integer(1...10_000), "", "workers, relay",
            "Deliveries at a time; what the process needs by default."),
        Setting(
            "CONCURRENCY", .integer(1...16), "", "workers",
            "Batches at a time, each with a database connection, or long commands; what the worker needs by default."),
        Setting(
            "RUN_LEASE", .duration, "60s", "workers",
            "How long a long command stays with a worker that gives no sign of life: 1s to 1h."),
        Setting(
            "SHUTDOWN_GRACE", .duration, "20s", "workers, relay", "How long a stopping process may finish its work."),
        Setting(
            "HOLD_LIMIT", .duration, "60s", "workers, relay", "How long deliveries wait for the database, or Loki."),
        Setting(
            "CONSUMER_RENEWAL", .duration, "60s", "workers", "How long a queue may deliver nothing to one consumer."),
        Setting(
            "LIVENESS_PATIENCE", .duration, "", "workers, relay, ruche enqueue --ndjson",
            "How long a thread may stand still before the process ends; at least 2s, and what its work takes."),
        Setting(
            "QUARANTINE", .duration, "10m", "lease-ip, deploy-shop",
            "How long an address is kept for its last holder."),
        Setting(
            "SHOP_IMAGE", .text, "/usr/local/share/ruche/shop.tar", "deploy-shop",
            "The generic shop: an archive as docker save writes it."),
        Setting(
            "SHOP_LEASE", .duration, "30d", "deploy-shop",
            "How long a lease lasts that is taken for a shop, and renewed while the shop is there: 60s to 30d."),
        Setting(
            "SHIP_DIRECTORY", .text, "/tmp", "deploy-shop", "Where parts of images lie while they are sent."),
        Setting("LOG_SINK", .choice(["database", "loki"]), "database", "ingest-logs", "Where lines of logs go."),
        Setting(
            "LOKI_URL", .text, "", "ingest-logs", "A Loki cluster: https://user@host:3100; needed by LOG_SINK=loki.",
            secret: true),
        Setting(
            "LOKI_PASSWORD", .text, "", "ingest-logs", "Takes the place of the password in LOKI_URL.", secret: true),
        Setting("LOKI_TOKEN", .text, "", "ingest-logs", "A bearer's token, in place of a password.", secret: true),
        Setting(
            "LOKI_TENANT", .text, "", "ingest-logs", "Loki's tenant; {tenant} in it stands for the command's."),
        Setting(
            "LOKI_CA_FILE", .text, "", "ingest-logs",
            "Certificates to trust there (PEM), in place of the system's."),
        Setting("LOKI_CERTIFICATE_FILE", .text, "", "ingest-logs", "A certificate to show there (PEM)."),
        Setting("LOKI_KEY_FILE", .text, "", "ingest-logs", "The key of that certificate (PEM)."),
        Setting(
            "LOKI_TIMEOUT", .duration, "10s", "ingest-logs", "How long the pushes of a batch may take: 1s to 20s."),
        Setting(
            "FLEET_KEY", .text, "", "init-server, deploy-shop",
            "The private key that opens servers (OpenSSH); as a rule FLEET_KEY_FILE, which is read for each run.",
            secret: true),
        Setting(
            "RECIPES", .text, "", "init-server", "The folder of recipes; what came with the executable by default."),
        Setting("FLEET_FORKS", .integer(1...200), "20", "init-server", "Servers that a run deals with at once."),
        Setting(
            "FLEET_TIME_LIMIT", .duration, "30m", "init-server",
            "How long a recipe may take, for each FLEET_FORKS servers; at least 1s."),
        Setting(
            "FLEET_LOG_BROKER", .text, "", "init-server",
            "Where servers ship their logs to: amqp[s]://user:password@host:port/vhost.", secret: true),
        Setting(
            "FLEET_LOG_CA", .text, "", "init-server",
            "Certificates that servers trust there (PEM); needed with amqps."),
        Setting(
            "FLEET_METRICS_SOURCES", .text, "", "init-server",
            "Addresses and networks that may read servers' metrics, with commas between."),
        Setting(
            "FLEET_NEVER_BANNED", .text, "", "init-server",
            "Addresses and networks that servers never ban after wrong logins."),
        Setting("TRACEPARENT", .text, "", "ruche", "The trace that published commands belong to (W3C Trace Context)."),
        Setting("TRACESTATE", .text, "", "ruche", "The vendors' part of that trace."),
        Setting(
            "OTEL_EXPORTER_OTLP_ENDPOINT", .text, "", "workers, ruche",
            "Where spans are exported to, with /v1/traces behind it; nothing is exported without it.", secret: true),
        Setting(
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", .text, "", "workers, ruche",
            "The same as the whole URL, in its place.", secret: true),
        Setting(
            "OTEL_EXPORTER_OTLP_HEADERS", .text, "", "workers, ruche",
            "Headers to send there: name=value,name=value, percent-encoded.", secret: true),
        Setting("OTEL_EXPORTER_OTLP_PROTOCOL", .choice(["http/json"]), "http/json", "workers, ruche", "The encoding."),
        Setting(
            "OTEL_EXPORTER_OTLP_COMPRESSION", .choice(["gzip", "none"]), "none", "workers, ruche", "The compression."),
        Setting(
            "OTEL_EXPORTER_OTLP_CERTIFICATE", .text, "", "workers, ruche",
            "A file of certificates to trust there (PEM), in place of the system's."),
        Setting(
            "OTEL_EXPORTER_OTLP_TIMEOUT", .integer(1...600_000), "10000", "workers, ruche",
            "How long a request may take, in milliseconds."),
        Setting(
            "OTEL_TRACES_SAMPLER", .text, "parentbased_always_off", "workers, ruche",
            "Which spans: always_on, always_off or traceidratio, alone or behind parentbased_."),
        Setting("OTEL_TRACES_SAMPLER_ARG", .text, "1", "workers, ruche", "The ratio of traceidratio: 0 to 1."),
        Setting("OTEL_SERVICE_NAME", .text, "", "workers, ruche", "The service; the executable's name without it."),
        Setting("OTEL_RESOURCE_ATTRIBUTES", .text, "", "workers, ruche", "More about it: name=value,name=value."),
        Setting(
            "OTEL_BSP_MAX_QUEUE_SIZE", .integer(1...1_000_000), "2048", "workers, ruche",
            "Spans that wait at most; more are dropped."),
        Setting(
            "OTEL_BSP_SCHEDULE_DELAY", .integer(1...3_600_000), "5000", "workers, ruche",
            "How long spans wait for company, in milliseconds."),
        Setting("OTEL_SDK_DISABLED", .choice(["true", "false"]), "false", "workers, ruche", "Turns the export off."),
        Setting("RETENTION_DAYS", .integer(1...3650), "31", "relay", "How long jobs and events are kept."),
        Setting("DEDUP_HORIZON_DAYS", .integer(1...3650), "30", "relay, ruche", "How long an id is known."),
        Setting("HISTORY_DAYS", .integer(1...36_500), "365", "relay", "How long ended leases and sessions are kept."),
        Setting("TASK_RETENTION", .duration, "30d", "relay", "How long ended tasks are kept."),
        Setting("RUN_RETENTION", .duration, "90d", "relay", "How long the logs of runs are kept."),
        Setting("LOG_RETENTION", .duration, "30d", "relay", "How long log lines are kept."),
        Setting("RELAY_MOVERS", .integer(1...16), "2", "relay", "Threads that move the schedule."),
        Setting("RELAY_ALARM_AFTER", .integer(1...1000), "5", "relay", "Refused rounds that make an alarm."),
    ]

    /// Reads it as its reader would, so that what is wrong with it is noted.
    func read(_ settings: inout Settings) {
        guard let value = settings.text(name, secret: isSecret), !isSecret else { return }
        switch kind {
        case .text: break
        case .integer(let range):
            guard Int(value).map(range.contains) ?? false else {
                return settings.refuse("\(name) takes a number from \(range.lowerBound) to \(range.upperBound)")
            }
        case .duration:
            guard Duration(text: value) != nil else {
                return settings.refuse("\(name) takes a duration such as 500ms, 30s, 5m, 2h or 1d")
            }
        case .choice(let words):
            guard words.contains(value.lowercased()) else {
                return settings.refuse("\(name) takes one of \(words.joined(separator: ", "))")
            }
        }
    }

    /// Every setting of an environment: the addresses parsed as the executables do, the others by this table.
    static func readAll(_ settings: inout Settings) {
        _ = Addresses(reading: &settings)
        if settings.text("LOG_SINK")?.lowercased() == "loki", let url = settings.text("LOKI_URL", secret: true) {
            _ = settings.parsed("LOKI_URL", url) { (text) throws(ClientError) in try ClientURL(text) }
        } else if settings.text("LOG_SINK")?.lowercased() == "loki" {
            settings.refuse("LOKI_URL is not set")
        }
        let known = Set(settings.entries.map(\.name)).subtracting(["LOG_SINK"])
        for setting in all where !known.contains(setting.name) { setting.read(&settings) }
    }
}
