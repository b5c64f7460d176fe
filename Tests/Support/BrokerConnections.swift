import Foundation

/// A client's connection as the broker sees it.
package struct BrokerConnection: Sendable {
    /// The name that the client gave it.
    package let name: String
    /// The protocol, such as `tlsv1.3`; nil when it is not encrypted.
    package let tls: String?
    /// The subject of the certificate that the client showed.
    package let subject: String?

    /// The connections to a virtual host, by the management API. A new one is there a moment later.
    package static func list(virtualHost: String, by servers: TestServers) throws -> [BrokerConnection] {
        let name = virtualHost.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let result = try FinishedProcess(
            path: "/usr/bin/env",
            arguments: ["curl", "-sSf", "-m", "10", "\(servers.managementURL)/api/vhosts/\(name)/connections"],
            environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"])
        guard result.status == 0 else { throw TestFailure("connections: \(result.errors)") }
        let list = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]] ?? []
        return list.compactMap { entry in
            // Before the details come there is only the name of the connection.
            guard let isSecure = entry["ssl"] as? Bool else { return nil }
            return BrokerConnection(
                name: entry["user_provided_name"] as? String ?? "",
                tls: isSecure ? entry["ssl_protocol"] as? String ?? "" : nil,
                subject: entry["peer_cert_subject"] as? String)
        }
    }
}
