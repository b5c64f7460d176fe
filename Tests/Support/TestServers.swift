import Foundation
package import Testing

/// The broker and the database the integration tests run on. `scripts/test` starts them and says where they are.
package struct TestServers: Sendable {
    /// A broker with its management plugin; the user may create virtual hosts.
    package let amqpURL: String
    package let managementURL: String
    /// A database whose user may create databases.
    package let databaseURL: String
    /// Where the executables lie.
    package let binaries: String

    /// The servers of this run; `nil` at a desk without them.
    package static let shared: TestServers? = {
        let environment = ProcessInfo.processInfo.environment
        guard let amqp = environment["RUCHE_TEST_AMQP_URL"], let database = environment["RUCHE_TEST_DATABASE_URL"],
            let management = environment["RUCHE_TEST_MANAGEMENT_URL"], let binaries = environment["RUCHE_TEST_BIN"]
        else { return nil }
        return TestServers(amqpURL: amqp, managementURL: management, databaseURL: database, binaries: binaries)
    }()

    /// In CI a missing server is an error, not a skip.
    package static var isCI: Bool { ProcessInfo.processInfo.environment["CI"] != nil }

    /// The servers, or the error that says how to get them.
    package static func require() throws -> TestServers {
        guard let shared else { throw TestFailure("no servers: run the tests with scripts/test") }
        return shared
    }
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
}
