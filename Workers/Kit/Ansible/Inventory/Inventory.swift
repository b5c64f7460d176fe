/// The hosts of a run, as ansible reads them.
///
/// Whatever the values hold, they arrive as text and as nothing else: no template, no tag, no other type. Names of
/// hosts and variables, which ansible reads as patterns and identifiers, are checked.
package struct Inventory: Sendable {
    /// The hosts; their order does not matter.
    package var hosts: [InventoryHost]
    /// What tasks see of every host, by name; a host's own come before these.
    package var variables: [String: InventoryValue]
    /// The file with the keys of hosts. New hosts are added to it by ssh; one whose key is another is not spoken to.
    package var knownHostsFile: String
    /// The key for hosts that have neither a password nor a key of their own.
    package var privateKeyFile: String?

    package init(
        hosts: [InventoryHost], variables: [String: InventoryValue] = [:], knownHostsFile: String,
        privateKeyFile: String? = nil
    ) {
        (self.hosts, self.variables) = (hosts, variables)
        (self.knownHostsFile, self.privateKeyFile) = (knownHostsFile, privateKeyFile)
    }

    /// The inventory as YAML; the same for the same values. It has the passwords in it.
    ///
    /// - Throws: `badHost`, `twice`, `badPort`, `badUser`, `badVariable`, `badPath`, `badKeyType`, `nulCharacter`.
    package func yaml() throws(AnsibleError) -> [UInt8] {
        var lines = ["all:", "  vars:"]
        var all = try Self.checked(variables)
        all["ansible_ssh_common_args"] = .text(try sshArguments())
        try Self.append(all, to: &lines, "    ")
        lines.append(hosts.isEmpty ? "  hosts: {}" : "  hosts:")
        var names: Set<String> = []
        for host in hosts.sorted(by: { $0.name < $1.name }) {
            var variables = try host.allVariables(privateKeyFile: privateKeyFile)
            if let algorithms = try host.algorithms() {
                variables["ansible_ssh_common_args"] = .text("\(try sshArguments()) -o HostKeyAlgorithms=\(algorithms)")
            }
            guard names.insert(host.name.lowercased()).inserted else {
                throw AnsibleError(.twice, "a host that is there twice")
            }
            lines.append("    \(try YAML.unsafeText(host.name)):")
            try Self.append(variables, to: &lines, "      ")
        }
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    /// Nothing of the worker's own settings of ssh counts, and none of the keys that it knows.
    private func sshArguments() throws(AnsibleError) -> String {
        let path = try Self.checked(path: knownHostsFile)
        return "-F /dev/null -o StrictHostKeyChecking=accept-new -o UserKnownHostsFile=\(path)"
            + " -o GlobalKnownHostsFile=/dev/null"
    }

    private static func append(
        _ variables: [String: InventoryValue], to lines: inout [String], _ indent: String
    ) throws(AnsibleError) {
        for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
            lines.append("\(indent)\(name): \(try value.yaml())")
        }
    }

    /// The variables, if they may be called so: letters, digits and underscores, no digit first, up to 128, and not
    /// beginning with `ansible_`, which says how hosts are connected to.
    static func checked(_ variables: [String: InventoryValue]) throws(AnsibleError) -> [String: InventoryValue] {
        for name in variables.keys {
            let isName =
                (1...128).contains(name.utf8.count) && name.utf8.first?.isDigit == false
                && name.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") }
            guard isName, !name.lowercased().hasPrefix("ansible_") else {
                throw AnsibleError(.badVariable, "a variable that cannot be called so")
            }
        }
        return variables
    }

    /// The path, if it is from the root on, and nothing in it means anything to ssh: no blanks, quotes, percent signs.
    static func checked(path: String) throws(AnsibleError) -> String {
        guard path.hasPrefix("/"), path.utf8.allSatisfy({ $0.isLetter || $0.isDigit || "/._-".utf8.contains($0) })
        else { throw AnsibleError(.badPath, "a path that ssh would read as something else") }
        return path
    }
}
