import Runtime

/// What the environment says about the relay, besides what every process reads.
struct RelaySettings: Sendable {
    /// How long what is kept: `RETENTION_DAYS`, `DEDUP_HORIZON_DAYS`, `HISTORY_DAYS`, `TASK_RETENTION`,
    /// `RUN_RETENTION`, `LOG_RETENTION`.
    var horizons = Housekeeping.Horizons()
    /// Threads that move the schedule, each with a connection to broker and database: `RELAY_MOVERS`.
    let movers: Int
    /// Rounds in which a destination takes nothing, after which it is an alarm: `RELAY_ALARM_AFTER`.
    let alarmAfter: Int
    /// The broker's management API: `RABBITMQ_MANAGEMENT_URL` and `RABBITMQ_MANAGEMENT_CA_FILE`.
    let management: (url: String, authorityFile: String?)?

    /// Reads the settings; problems are noted there.
    init(reading settings: inout Settings) {
        horizons.retention = settings.integer("RETENTION_DAYS", in: 1...3650, default: horizons.retention)
        horizons.deduplication = settings.integer(
            "DEDUP_HORIZON_DAYS", in: 1...3650, default: min(horizons.deduplication, horizons.retention))
        horizons.history = settings.integer(
            "HISTORY_DAYS", in: 1...36_500, default: max(horizons.history, horizons.retention))
        horizons.tasks = settings.duration("TASK_RETENTION", default: horizons.tasks)
        horizons.runs = settings.duration("RUN_RETENTION", default: horizons.runs)
        horizons.logs = settings.duration("LOG_RETENTION", default: horizons.logs)
        movers = settings.integer("RELAY_MOVERS", in: 1...16, default: 2)
        alarmAfter = settings.integer("RELAY_ALARM_AFTER", in: 1...1000, default: 5)
        let authorityFile = settings.text("RABBITMQ_MANAGEMENT_CA_FILE")
        management = settings.text("RABBITMQ_MANAGEMENT_URL", secret: true).map { ($0, authorityFile) }
        if horizons.retention < horizons.deduplication {
            settings.refuse(
                "RETENTION_DAYS must not be less than DEDUP_HORIZON_DAYS: a known id is answered from there")
        }
        if horizons.history < horizons.retention {
            settings.refuse("HISTORY_DAYS must not be less than RETENTION_DAYS: jobs speak of leases and sessions")
        }
    }
}
