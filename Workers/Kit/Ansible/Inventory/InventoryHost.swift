/// A server that a playbook is run for, and how to get onto it.
package struct InventoryHost: Sendable {
    /// How commands get there.
    package enum Connection: String, Sendable {
        /// By SSH.
        case ssh
        /// They are run here, for tests and for what a playbook does on the worker itself.
        case local
    }

    /// What events and outcomes call it: an address or a name of DNS.
    package var name: String
    /// Where it is, if its name does not say that: an address or a name of DNS.
    package var address: String?
    /// The port of SSH.
    package var port: Int
    /// Who logs in.
    package var user: String
    /// The user's password; without one the key is used.
    package var password: String?
    /// What sudo asks for; without one, sudo must ask for nothing.
    package var becomePassword: String?
    /// A key of this host's own, instead of the one of the whole inventory.
    package var privateKeyFile: String?
    /// The kind of its key, where that is known: `ssh-ed25519`. A host that shows none of the kind is taken for
    /// another; otherwise one that is not what it was could show a key of a kind that nobody knows of it.
    package var keyType: String?
    /// How commands get there.
    package var connection: Connection
    /// What tasks see of it, by name.
    package var variables: [String: InventoryValue]

    package init(
        _ name: String, address: String? = nil, port: Int = 22, user: String, password: String? = nil,
        becomePassword: String? = nil, privateKeyFile: String? = nil, keyType: String? = nil,
        connection: Connection = .ssh, variables: [String: InventoryValue] = [:]
    ) {
        (self.name, self.address, self.port, self.user) = (name, address, port, user)
        (self.password, self.becomePassword, self.privateKeyFile) = (password, becomePassword, privateKeyFile)
        (self.keyType, self.connection, self.variables) = (keyType, connection, variables)
    }

    /// What must not be shown of it.
    package var secrets: [String] { [password, becomePassword].compactMap { $0 } }

    /// Whether ansible can be given it.
    ///
    /// - Throws: `badHost`, `badPort`, `badUser`, `badPath`, `badVariable`, `badKeyType`, `nulCharacter`.
    package func check() throws(AnsibleError) {
        for value in try allVariables(privateKeyFile: nil).values { _ = try value.yaml() }
        _ = try algorithms()
    }

    /// What ssh is told of the keys that it may show; `nil` when it may show any.
    ///
    /// - Throws: `badKeyType`.
    func algorithms() throws(AnsibleError) -> String? {
        guard let keyType else { return nil }
        guard (1...64).contains(keyType.utf8.count),
            keyType.utf8.allSatisfy({ $0.isLetter || $0.isDigit || "-.@".utf8.contains($0) })
        else { throw AnsibleError(.badKeyType, "a kind of key that ssh would read as something else") }
        // One kind of key, several ways to sign with it.
        return keyType == "ssh-rsa" ? "rsa-sha2-512,rsa-sha2-256,ssh-rsa" : keyType
    }

    /// All its variables as ansible is given them.
    ///
    /// - Throws: `badHost`, `badPort`, `badUser`, `badPath`, `badVariable`.
    func allVariables(privateKeyFile common: String?) throws(AnsibleError) -> [String: InventoryValue] {
        guard HostName.isValid(name), address.map(HostName.isValid) ?? true else {
            throw AnsibleError(.badHost, "a host that is neither an address nor a name of DNS")
        }
        guard (1...65_535).contains(port) else { throw AnsibleError(.badPort, "a port that is not within 1 and 65535") }
        // ssh is told the user between quotes.
        guard !user.isEmpty, !user.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "\"") }) else {
            throw AnsibleError(.badUser, "a user that is empty or has quotes or control characters")
        }
        var all = try Inventory.checked(variables)
        all["ansible_connection"] = .text(connection.rawValue)
        all["ansible_port"] = .number(port)
        all["ansible_user"] = .text(user)
        if let address { all["ansible_host"] = .text(address) }
        if let password { all["ansible_password"] = .text(password) }
        if let becomePassword { all["ansible_become_password"] = .text(becomePassword) }
        if let key = privateKeyFile ?? (password == nil ? common : nil) {
            all["ansible_ssh_private_key_file"] = .text(try Inventory.checked(path: key))
        }
        return all
    }
}
