/// A machine, and as whom to get onto it.
package struct SSHHost: Sendable, Hashable {
    /// An IPv4 or IPv6 address.
    package var address: String
    /// The port of SSH.
    package var port: Int
    /// Who logs in.
    package var user: String
    /// The machine's key, as in a line of `known_hosts`: its kind and the key, `ssh-ed25519 AAAA…`.
    package var hostKey: String

    package init(address: String, port: Int = 22, user: String, hostKey: String) {
        (self.address, self.port, self.user, self.hostKey) = (address, port, user, hostKey)
    }

    /// The line of `known_hosts` that says so.
    ///
    /// - Throws: `malformed` for what could mean something else to ssh.
    func knownHost() throws(SSHError) -> String {
        let words = hostKey.split(separator: " ", omittingEmptySubsequences: true)
        guard words.count >= 2, words[0].utf8.allSatisfy(Self.isKind), words[1].utf8.allSatisfy(Self.isBase64) else {
            throw SSHError(.malformed, "a host key that is none")
        }
        try check()
        return "\(port == 22 ? address : "[\(address)]:\(port)") \(words[0]) \(words[1])\n"
    }

    /// ssh takes what begins with a hyphen for an option, and these are its words.
    private func check() throws(SSHError) {
        let isAddress = !address.isEmpty && address.utf8.allSatisfy { Self.isHex($0) || $0 == 0x2E || $0 == 0x3A }
        guard isAddress else { throw SSHError(.malformed, "an address that is none") }
        guard (1...65_535).contains(port) else { throw SSHError(.malformed, "a port that is none") }
        let isUser = user.utf8.first.map { Self.isKind($0) && $0 != 0x2D } ?? false
        guard isUser, user.utf8.allSatisfy({ Self.isKind($0) || $0 == UInt8(ascii: "_") }) else {
            throw SSHError(.malformed, "a user that is none")
        }
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isKind(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || "-.@".utf8.contains(byte)
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || "+/=".utf8.contains(byte)
    }
}
