import Foundation
package import Testing

/// The TLS side of this run's servers. Their certificate names `localhost` only; the broker demands one of its clients.
package struct TestTLS: Sendable {
    /// Holds `ca.pem`, the client's `client.pem` and `client.key`, and `stranger.pem` and `stranger.key`: an authority
    /// that nobody trusts.
    package let directory: String
    private let amqpsURL: String

    private static let environment = ProcessInfo.processInfo.environment

    /// Whether `scripts/test` said where it is; in CI a missing one is an error, not a skip.
    fileprivate static var isThere: Bool { environment["RUCHE_TEST_TLS"] != nil || TestServers.isCI }

    /// The TLS side, or the error that says how to get it.
    package static func require() throws -> TestTLS {
        guard let directory = environment["RUCHE_TEST_TLS"], let amqps = environment["RUCHE_TEST_AMQPS_URL"] else {
            throw TestFailure("no servers with TLS: run the tests with scripts/test")
        }
        return TestTLS(directory: directory, amqpsURL: amqps)
    }

    /// The broker over TLS.
    ///
    /// - Parameters:
    ///   - host: the name to connect to and to verify.
    ///   - authority: whose certificates to trust, as a file of ``directory`` without `.pem`.
    ///   - client: whose certificate to show; none when `nil`.
    ///   - more: further parameters of the URI, each with its `&`.
    package func amqpURL(
        host: String = "localhost", virtualHost: String = "", authority: String = "ca", client: String? = "client",
        more: String = ""
    ) throws -> String {
        guard var parts = URLComponents(string: amqpsURL) else { throw TestFailure("not a URL") }
        parts.host = host
        parts.path = "/" + virtualHost
        var query = "cacertfile=\(directory)/\(authority).pem"
        if let client { query += "&certfile=\(directory)/\(client).pem&keyfile=\(directory)/\(client).key" }
        return parts.string! + "?" + query + more
    }

    /// The database over TLS, with everything verified.
    ///
    /// - Parameters:
    ///   - user: a role and, after a colon, its password; the one of plain connections when `nil`.
    ///   - client: whose certificate to show; none when `nil`.
    package func databaseURL(
        host: String = "localhost", user: String? = nil, database: String? = nil, authority: String = "ca",
        client: String? = nil
    ) throws -> String {
        guard var parts = URLComponents(string: try TestServers.requireDatabaseURL()) else {
            throw TestFailure("not a URL")
        }
        parts.host = host
        if let user {
            let words = user.split(separator: ":").map(String.init)
            (parts.user, parts.password) = (words[0], words.dropFirst().first)
        }
        if let database { parts.path = "/" + database }
        var query = "sslmode=verify-full&sslrootcert=\(directory)/\(authority).pem"
        if let client { query += "&sslcert=\(directory)/\(client).pem&sslkey=\(directory)/\(client).key" }
        return parts.string! + "?" + query
    }
}

extension Trait where Self == ConditionTrait {
    /// Runs only with servers that speak TLS. Missing ones are a skip at a desk and an error in CI.
    package static var tls: Self { .enabled(if: TestTLS.isThere, "needs the servers of scripts/test") }
}
