import Contracts
import HTTPClient
import Runtime

/// Users of the broker.
extension Management {
    /// Makes a user, or gives it another password. The broker gets a salted hash.
    ///
    /// - Parameter tags: what it may do in the management API besides, in place of what it had: nothing, or
    ///   `management`, to ask about what it may use.
    /// - Throws: ``DepthError/Code/refused``, or what keeps the broker from answering.
    package func putUser(_ name: String, password: String, tags: String) throws(DepthError) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("password_hash")
        writer.write(Base64.encode(Self.hash(password)))
        writer.key("hashing_algorithm")
        writer.write("rabbit_password_hashing_sha256")
        writer.key("tags")
        writer.write(tags)
        writer.endObject()
        try put("/api/users/\(Self.escaped(name))", writer.bytes, what: "user \(name)")
    }

    /// Whether there is a user of this name.
    ///
    /// - Throws: what keeps the broker from answering.
    package func hasUser(_ name: String) throws(DepthError) -> Bool {
        try request("GET", "/api/users/\(Self.escaped(name))").status == 200
    }

    /// Gives a user these rights on the virtual host, in place of those it has: regular expressions over the names of
    /// exchanges and queues.
    ///
    /// - Throws: ``DepthError/Code/refused``, or what keeps the broker from answering.
    package func putRights(
        of name: String, configure: String, write: String, read: String
    ) throws(DepthError) {
        var writer = JSONWriter()
        writer.beginObject()
        for (kind, names) in [("configure", configure), ("write", write), ("read", read)] {
            writer.key(kind)
            writer.write(names)
        }
        writer.endObject()
        try put("/api/permissions/\(virtualHost)/\(Self.escaped(name))", writer.bytes, what: "rights of \(name)")
    }

    private func put(_ path: String, _ body: [UInt8], what: String) throws(DepthError) {
        let answer = try request("PUT", path, body: body)
        guard answer.status == 201 || answer.status == 204 else {
            throw DepthError(.refused, "management: \(what) was answered with \(answer.status)")
        }
    }

    /// RabbitMQ's: four bytes of salt, then the SHA-256 of salt and password.
    private static func hash(_ password: String) -> [UInt8] {
        let salt = SecureRandom.bytes(4)
        return salt + Digest.sha256(salt + Array(password.utf8))
    }
}
