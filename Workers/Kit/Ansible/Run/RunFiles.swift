import Processes

/// What a run is given beside its inventory.
package struct RunInput: Sendable {
    /// The keys of hosts that are known, as in a `known_hosts` file.
    package var knownHosts: [UInt8]
    /// The private key for hosts that have no password; OpenSSH's format.
    package var privateKey: String?

    /// What else must not be shown: passwords among the variables. Those of the hosts and the key never are.
    package var secrets: [String]

    package init(knownHosts: [UInt8] = [], privateKey: String? = nil, secrets: [String] = []) {
        (self.knownHosts, self.privateKey, self.secrets) = (knownHosts, privateKey, secrets)
    }
}

/// The files of a run, in memory. They go with this.
struct RunFiles: ~Copyable, Sendable {
    /// Where sockets of ssh are: a name as short as can be, for the path of a socket has 107 bytes.
    static let controlName = "c"
    static let inventoryName = "inventory.yaml"
    private static let knownHostsName = "known_hosts"
    private let directory: SecretDirectory
    private let inventory: SecretFile
    private let knownHostsFile: SecretFile
    private let limit: SecretFile
    private let key: SecretFile

    /// Writes them.
    ///
    /// - Throws: `AnsibleError`, `SecretError`.
    static func write(_ playbook: Playbook, _ inventory: Inventory, _ input: RunInput) throws -> RunFiles {
        let directory = try SecretDirectory()
        let knownHosts = try directory.write(input.knownHosts, as: knownHostsName)
        // ssh does not read a key whose last line has no end.
        let text = input.privateKey.map { $0.hasSuffix("\n") ? $0 : $0 + "\n" } ?? ""
        let key = try directory.write(Array(text.utf8), as: "key")
        guard playbook.limit?.allSatisfy(HostName.isValid) ?? true else {
            throw AnsibleError(.badHost, "a limit that is neither an address nor a name of DNS")
        }
        let names = (playbook.limit ?? []).map { $0 + "\n" }.joined()
        let limit = try directory.write(Array(names.utf8), as: "limit")
        var inventory = inventory
        inventory.knownHostsFile = knownHosts.path
        if input.privateKey != nil { inventory.privateKeyFile = key.path }
        let file = try directory.write(try inventory.yaml(), as: inventoryName)
        return RunFiles(directory: directory, inventory: file, knownHostsFile: knownHosts, limit: limit, key: key)
    }

    /// The directory.
    var path: String { directory.path }
    /// The inventory.
    var inventoryPath: String { inventory.path }
    /// The names of the hosts that are meant, a line each.
    var limitPath: String { limit.path }

    /// The keys of hosts after the run.
    borrowing func knownHosts() throws(SecretError) -> [UInt8] {
        try directory.contents(of: Self.knownHostsName)
    }

    /// The sockets of connections that are kept open.
    borrowing func sockets() -> [String] {
        directory.names(in: Self.controlName).map { "\(path)/\(Self.controlName)/\($0)" }
    }

    /// Has the files last until here.
    borrowing func keep() {}
}
