import Contracts
import Runtime

/// The keys of hosts, as OpenSSH's `known_hosts` has them. Pure.
///
/// The column `host_key` has a kind and a key, `ssh-ed25519 AAAA…`, or the hash that a provider gives of one,
/// `SHA256:…`.
enum KnownHosts {
    /// What ssh calls a host at a port.
    static func name(_ ip: String, _ port: Int) -> String { port == 22 ? ip : "[\(ip)]:\(port)" }

    /// Whether this is the hash of a key.
    static func isHash(_ key: String) -> Bool { key.hasPrefix("SHA256:") }

    /// The kind of a key; `nil` of a hash.
    static func kind(_ key: String) -> String? {
        isHash(key) ? nil : key.split(separator: " ").first.map(String.init)
    }

    /// The hash of a key, as `ssh-keygen -l` shows it; `nil` of what is no key.
    static func hash(_ key: String) -> String? {
        let words = key.split(separator: " ")
        guard words.count >= 2, let bytes = Base64.decode(String(words[1])) else { return nil }
        var text = Base64.encode(Digest.sha256(bytes))
        while text.hasSuffix("=") { text.removeLast() }
        return "SHA256:\(text)"
    }

    /// The lines of a file with the keys of these servers, those that are keys.
    static func file(_ servers: some Sequence<FleetServer>) -> [UInt8] {
        let lines = servers.compactMap { server in
            server.hostKey.flatMap { isHash($0) ? nil : "\(name(server.ip, server.port)) \($0)\n" }
        }
        return Array(lines.joined().utf8)
    }

    /// The keys in a file, by what ssh calls the host: those of a host in the order of their lines.
    static func keys(in file: some Sequence<UInt8>) -> [String: [String]] {
        var keys: [String: [String]] = [:]
        for line in String(decoding: Array(file), as: UTF8.self).split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ")
            guard words.count >= 3, !line.hasPrefix("#"), !line.hasPrefix("@") else { continue }
            keys[String(words[0]), default: []].append("\(words[1]) \(words[2])")
        }
        return keys
    }
}
