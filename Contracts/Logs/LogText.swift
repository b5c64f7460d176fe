/// A text as the UTF-8 it arrived in: a piece of the message, not copied from it. It never has U+0000.
public struct LogText: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The text in UTF-8.
    public let utf8: ArraySlice<UInt8>

    /// A text that was read already.
    init(_ utf8: ArraySlice<UInt8>) { self.utf8 = utf8 }

    /// The same text; U+FFFD for U+0000.
    public init(_ text: String) {
        utf8 = text.utf8.contains(0) ? JSONReader.repairedCopy(of: text.utf8) : ArraySlice(text.utf8)
    }

    /// The same text.
    public init(stringLiteral text: String) { self.init(text) }

    /// The text itself.
    public var description: String { String(decoding: utf8, as: UTF8.self) }
}
