package import AMQP
package import Postgres

/// Where broker, database and keys are: the settings every executable reads.
package struct Addresses: Sendable {
    /// `AMQP_URL`, with `AMQP_USER` and `AMQP_PASSWORD` in place of its user and password where they are set; the
    /// password's file is read at each login.
    /// `nil` when what is set cannot be read; then ``Settings/check()`` throws.
    package let amqp: AMQPURI?
    /// `DATABASE_URL`, or what libpq reads from `PG*`, with `DATABASE_USER` and `DATABASE_PASSWORD` in place of its
    /// user and password where they are set; the password's file is read at each login.
    /// `nil` when what is set cannot be read; then ``Settings/check()`` throws.
    package let database: ConnectionSettings?
    /// `RUCHE_KEY_FILE`: the key ring's path.
    package let keyFile: String?

    /// Reads the settings; problems are noted there.
    package init(reading settings: inout Settings) {
        let url = settings.text("AMQP_URL", secret: true) ?? "amqp://guest:guest@127.0.0.1:5672/"
        var amqp = settings.parsed("AMQP_URL", url) { (text) throws(AMQPError) in try AMQPURI(parsing: text) }
        if let user = settings.text("AMQP_USER") { amqp?.username = user }
        if let password = settings.text("AMQP_PASSWORD", secret: true) { amqp?.password = password }
        amqp?.passwordSource = settings.rereading("AMQP_PASSWORD").map { .init("AMQP_PASSWORD_FILE", read: $0) }
        self.amqp = amqp
        let text = settings.text("DATABASE_URL", secret: true) ?? ""
        var database = settings.parsed("DATABASE_URL", text) { (text) throws(PostgresError) in
            try ConnectionSettings(text)
        }
        database?.user = settings.text("DATABASE_USER")
        if let password = settings.text("DATABASE_PASSWORD", secret: true) { database?.password = password }
        database?.passwordSource = settings.rereading("DATABASE_PASSWORD")
        // Days are UTC days, whatever the server's zone; statements with array parameters have one good plan.
        // The warning that a commit stands on one server alone must come through.
        database?.session += [
            ("timezone", "UTC"), ("plan_cache_mode", "force_generic_plan"), ("client_min_messages", "warning"),
        ]
        self.database = database
        keyFile = settings.text("RUCHE_KEY_FILE")
    }
}
