import Foundation

/// A user of the broker who is a test's own, so that the broker can be told to close this user's connections.
///
/// By name it closes only connections that it has gathered statistics of, five seconds late; by user it knows them at
/// once.
package struct OutageUser {
    /// The cluster's virtual host, as this user.
    package let amqpURL: String
    private let cluster: Cluster
    private let name: String

    /// Makes the user, with all rights in the cluster's virtual host.
    ///
    /// - Parameter configure: what it may make, as a pattern inside a JSON text.
    package init(_ cluster: Cluster, configure: String = ".*") throws {
        self.cluster = cluster
        name = cluster.name + "_user"
        guard var url = URLComponents(string: cluster.environment["AMQP_URL"]!) else { throw TestFailure("not a URL") }
        url.user = name
        url.password = name
        amqpURL = url.string!
        try api("PUT", "users/\(name)", #"{"password":"\#(name)","tags":""}"#)
        let rights = #"{"configure":"\#(configure)","write":".*","read":".*"}"#
        do { try api("PUT", "permissions/\(cluster.name)/\(name)", rights) } catch {
            remove()
            throw error
        }
    }

    /// How many connections the user has now.
    package var connections: Int {
        get throws {
            struct Connection: Decodable { let name: String }
            return try JSONDecoder().decode([Connection].self, from: api("GET", "connections/username/\(name)")).count
        }
    }

    /// Has the broker close every connection of the user.
    package func closeConnections() throws { try api("DELETE", "connections/username/\(name)") }

    /// How many connections the cluster's virtual host takes; `nil` for any number.
    package func limitConnections(to count: Int?) throws {
        let path = "vhost-limits/\(cluster.name)/max-connections"
        if let count { try api("PUT", path, #"{"value":\#(count)}"#) } else { try api("DELETE", path) }
    }

    /// Removes the user; the broker closes what is left of the connections.
    package func remove() { _ = try? api("DELETE", "users/\(name)") }

    @discardableResult
    private func api(_ method: String, _ path: String, _ body: String? = nil) throws -> Data {
        let result = try FinishedProcess(
            path: "/usr/bin/env",
            arguments: ["curl", "-sSf", "-X", method, "-H", "content-type: application/json"]
                + (body.map { ["-d", $0] } ?? []) + ["\(cluster.servers.managementURL)/api/\(path)"],
            environment: cluster.environment)
        guard result.status == 0 else { throw TestFailure("\(method) \(path): \(result.errors)") }
        return Data(result.output.utf8)
    }
}
