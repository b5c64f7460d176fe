import Contracts

/// Making documents for somebody else.
extension JSONTree {
    /// A text as a document.
    static func text(_ text: String) -> JSONTree {
        var writer = JSONWriter()
        writer.write(text)
        return .raw(writer.bytes)
    }

    /// A list of texts.
    static func list(_ texts: [String]) -> JSONTree {
        .raw(Array("[".utf8) + texts.map { JSONTree.text($0).bytes }.joined(separator: [UInt8(ascii: ",")]) + [93])
    }

    /// The document as it is sent.
    var bytes: [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }
}
