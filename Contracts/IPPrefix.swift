/// An IPv4 or IPv6 network in CIDR notation, such as `192.0.2.0/24`.
public struct IPPrefix: Hashable, Sendable, CustomStringConvertible {
    /// The first address.
    public let address: IPAddress
    /// The number of bits that all its addresses share.
    public let length: Int

    /// The network that `text` shows. As with PostgreSQL's `cidr`, no bit may be set after the length.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(String(parts[0])),
            (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy(ASCII.isDigit),
            let length = Int(parts[1]), length <= address.bitCount, address.isZero(after: length)
        else { return nil }
        self.address = address
        self.length = length
    }

    /// Canonical text.
    public var description: String { "\(address)/\(length)" }
}
