import Foundation
import Postgres
package import Testing

/// The broker and the database the integration tests run on. `scripts/test` starts them and says where they are.
package struct TestServers: Sendable, Equatable {
    /// A broker with its management plugin; the user may create virtual hosts.
    package let amqpURL: String
    package let managementURL: String
    /// A database whose user may create databases.
    package let databaseURL: String
    /// Where the executables lie.
    package let binaries: String

    private static let environment = ProcessInfo.processInfo.environment

    /// Servers of a test's own.
    package init(amqpURL: String, managementURL: String, databaseURL: String, binaries: String) {
        (self.amqpURL, self.managementURL) = (amqpURL, managementURL)
        (self.databaseURL, self.binaries) = (databaseURL, binaries)
    }

    /// The servers of this run; `nil` at a desk without them.
    package static let shared: TestServers? = {
        guard let amqp = environment["RUCHE_TEST_AMQP_URL"], let database = environment["RUCHE_TEST_DATABASE_URL"],
            let management = environment["RUCHE_TEST_MANAGEMENT_URL"], let binaries = environment["RUCHE_TEST_BIN"]
        else { return nil }
        return TestServers(amqpURL: amqp, managementURL: management, databaseURL: database, binaries: binaries)
    }()

    /// In CI a missing server is an error, not a skip.
    package static var isCI: Bool { environment["CI"] != nil }

    /// Whether the long runs are wanted: `scripts/test --full`.
    package static var isFull: Bool { environment["RUCHE_TEST_FULL"] != nil }

    /// The runs of a test that draws what it does, each with a seed of its own.
    package static var rounds: ClosedRange<Int> { 1...(isFull ? 5 : 1) }

    /// How long a long run takes: `RUCHE_TEST_<name>` in seconds, else what is usual.
    package static func time(_ name: String, _ usual: Duration) -> Duration {
        environment["RUCHE_TEST_\(name)"].flatMap(Int.init).map { .seconds($0) } ?? usual
    }

    /// The number that a run is drawn from, printed so that a failure can be run again: `RUCHE_TEST_SEED`, else a new
    /// one.
    package static func seed(of what: String) -> UInt64 {
        let seed = environment["RUCHE_TEST_SEED"].flatMap(UInt64.init) ?? .random(in: 1...1_000_000)
        print("\(what): RUCHE_TEST_SEED=\(seed)")
        return seed
    }

    /// The servers, or the error that says how to get them.
    package static func require() throws -> TestServers {
        guard let shared else { throw TestFailure("no servers: run the tests with scripts/test") }
        return shared
    }

    /// Where the database is, for tests that need nothing else.
    package static func requireDatabaseURL() throws -> String {
        guard let url = environment["RUCHE_TEST_DATABASE_URL"] else {
            throw TestFailure("no database: run the tests with scripts/test")
        }
        return url
    }

    /// Where the broker is, for tests that need nothing else.
    package static func requireAMQPURL() throws -> String {
        guard let url = environment["RUCHE_TEST_AMQP_URL"] else {
            throw TestFailure("no broker: run the tests with scripts/test")
        }
        return url
    }

    /// The same servers, and executables that lie elsewhere.
    package func with(binaries: String) -> TestServers {
        TestServers(amqpURL: amqpURL, managementURL: managementURL, databaseURL: databaseURL, binaries: binaries)
    }

    /// A name that no other test has, for a database, a schema or a virtual host.
    package static func uniqueName(_ prefix: String) -> String {
        prefix + "_" + UUID().uuidString.lowercased().prefix(23).filter { $0 != "-" }
    }

    /// The same server, another database or virtual host.
    package static func url(_ url: String, path: String) throws -> String {
        guard var parts = URLComponents(string: url) else { throw TestFailure("not a URL") }
        parts.path = "/\(path)"
        return parts.string!
    }

    /// Runs a statement about databases, which are made and dropped from another one: that of `url`.
    package static func administer(_ url: String, _ statement: String) throws {
        let connection = try Connection.open(ConnectionSettings(url))
        defer { connection.close() }
        try connection.script(statement)
    }

    fileprivate static func has(_ name: String) -> Bool { isCI || environment[name] != nil }
}

/// What a fixture could not do.
package struct TestFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

extension Trait where Self == ConditionTrait {
    /// Runs only with servers. Missing ones are a skip at a desk; in CI the test runs, and fails in its fixture.
    package static var servers: Self {
        .enabled(if: TestServers.shared != nil || TestServers.isCI, "needs the servers of scripts/test")
    }

    /// The same for tests that need a database only.
    package static var database: Self {
        .enabled(if: TestServers.has("RUCHE_TEST_DATABASE_URL"), "needs the database of scripts/test")
    }

    /// The same for tests that need a broker only.
    package static var broker: Self {
        .enabled(if: TestServers.has("RUCHE_TEST_AMQP_URL"), "needs the broker of scripts/test")
    }
}
