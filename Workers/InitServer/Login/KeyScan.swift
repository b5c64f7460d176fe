import Ansible
import Processes

/// Asks servers for their keys where only the hash of one is known: ssh knows keys, not hashes, and a password must not
/// be shown to whoever it may be.
enum KeyScan {
    /// The servers with their keys in place of hashes, and those that are not spoken to: they showed another key, or
    /// none in time.
    ///
    /// - Parameter limit: how long it may take for each port that servers have.
    static func run(
        _ servers: [FleetServer], limit: Duration = .seconds(60), under lease: Lease
    ) async throws -> (servers: [FleetServer], failures: [Int: HostFailure]) {
        let unknown = servers.filter { $0.hostKey.map(KnownHosts.isHash) ?? false }
        var shown: [String: [String]] = [:]
        for (port, group) in Dictionary(grouping: unknown, by: \.port) {
            var program = Program(
                "ssh-keyscan",
                ["-T", "5", "-p", String(port), "-t", "ed25519,ecdsa,rsa"] + Set(group.map(\.ip)).sorted())
            program.timeLimit = limit
            var lines: [UInt8] = []
            do {
                _ = try await program.run(under: lease) { line in
                    if line.stream == .output { lines += Array("\(line.text)\n".utf8) }
                }
            } catch let error as ProcessError where error.code == .timedOut {
                // What was shown until then counts.
            }
            shown.merge(KnownHosts.keys(in: lines)) { $1 }
        }
        return check(servers, shown)
    }

    /// Puts keys in the place of their hashes. Pure.
    ///
    /// - Parameter shown: the keys that hosts showed, by what ssh calls them.
    static func check(
        _ servers: [FleetServer], _ shown: [String: [String]]
    ) -> (servers: [FleetServer], failures: [Int: HostFailure]) {
        var failures: [Int: HostFailure] = [:]
        let checked = servers.map { server in
            guard let hash = server.hostKey, KnownHosts.isHash(hash) else { return server }
            let keys = shown[KnownHosts.name(server.ip, server.port)] ?? []
            guard let key = keys.first(where: { KnownHosts.hash($0) == hash }) else {
                failures[server.id] = HostFailure(keys.isEmpty ? .unreachable : .hostKeyChanged)
                return server
            }
            var server = server
            server.hostKey = key
            return server
        }
        return (checked, failures)
    }
}
