import Sealing

/// The SHA-256 of an image's configuration, which is the image's id, or of a layer, which is its diff id.
package struct ImageDigest: Hashable, Sendable, CustomStringConvertible {
    /// The 64 digits.
    package let hex: String

    /// Reads `sha256:` and 64 digits in lower case; `nil` for anything else.
    package init?(_ text: String) {
        guard text.hasPrefix(Self.prefix) else { return nil }
        self.init(hex: text.dropFirst(Self.prefix.count))
    }

    /// Reads the digits alone.
    init?(hex: some StringProtocol) {
        guard hex.utf8.count == 64, hex.utf8.allSatisfy(Self.isDigit) else { return nil }
        self.hex = String(hex)
    }

    /// Of the 32 bytes.
    init(bytes: [UInt8]) { hex = Hex.text(bytes) }

    /// Of a document.
    init(of document: [UInt8]) { self.init(bytes: Digest.sha256(document)) }

    package var description: String { Self.prefix + hex }

    private static let prefix = "sha256:"

    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }
}
