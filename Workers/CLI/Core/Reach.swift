import AMQP
import Contracts
import Depth
import Runtime

/// How a verb reaches broker, database and keys: the same settings as the workers'.
struct Reach {
    private let addresses: Result<Addresses, SettingsError>

    init() {
        do throws(SettingsError) {
            var settings = Settings()
            let addresses = Addresses(reading: &settings)
            try settings.check()
            self.addresses = .success(addresses)
        } catch {
            addresses = .failure(error)
        }
    }

    /// The addresses, or what is wrong with them.
    func resolved() throws(Failure) -> Addresses {
        do throws(SettingsError) { return try addresses.get() } catch {
            throw Failure(.usage, "\(error)")
        }
    }

    /// A connection to the broker.
    func broker() throws(Failure) -> AMQP.Connection {
        guard let uri = try resolved().amqp else { throw Failure(.usage, "AMQP_URL cannot be read") }
        do throws(AMQPError) { return try AMQP.Connection.open(uri, name: "ruche") } catch {
            let denied = error.code == .authenticationFailed || error.code == .virtualHostRefused
            throw Failure(
                denied ? .denied : .unavailable, "broker: \(error.summary)", "check AMQP_URL, or run: ruche doctor")
        }
    }

    /// A connection to the database.
    func database() throws(Failure) -> Postgres.Connection {
        guard let settings = try resolved().database else { throw Failure(.usage, "DATABASE_URL cannot be read") }
        do throws(PostgresError) { return try Postgres.Connection.open(settings) } catch {
            let denied = error.sqlState?.family == .invalidAuthorization
            throw Failure(
                denied ? .denied : .unavailable, "database: \(error.summary)",
                "check DATABASE_URL, or run: ruche doctor")
        }
    }

    /// The broker's management API; `nil` when `RABBITMQ_MANAGEMENT_URL` does not say where it is.
    func management() throws(Failure) -> Management? {
        var settings = Settings()
        guard let url = settings.text("RABBITMQ_MANAGEMENT_URL", secret: true) else { return nil }
        let authorityFile = settings.text("RABBITMQ_MANAGEMENT_CA_FILE")
        guard let broker = try resolved().amqp else { throw Failure(.usage, "AMQP_URL cannot be read") }
        do throws(DepthError) {
            return try Management(url, authorityFile: authorityFile, broker: broker)
        } catch {
            throw Failure(error)
        }
    }

    /// The key ring.
    func keys() throws(Failure) -> KeyRing {
        guard let file = try resolved().keyFile else {
            throw Failure(.usage, "RUCHE_KEY_FILE is not set", "make a key with: ruche keys generate FILE")
        }
        do throws(SealingError) { return try KeyRing(contentsOf: file) } catch {
            throw Failure(.failure, "key file: \(error)")
        }
    }
}
