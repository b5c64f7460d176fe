import Contracts

/// Making documents for an engine.
extension JSONTree {
    /// A text as a document.
    static func text(_ text: String) -> JSONTree {
        var writer = JSONWriter()
        writer.write(text)
        return .raw(writer.bytes)
    }

    /// A list of documents.
    static func list(_ elements: [JSONTree]) -> JSONTree {
        var writer = JSONWriter()
        writer.beginList()
        for element in elements { element.write(to: &writer) }
        writer.endList()
        return .raw(writer.bytes)
    }

    /// An object without some of its members.
    func without(_ names: Set<String>) -> JSONTree {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { !names.contains($0.name) })
    }

    /// The document as it is written.
    var bytes: [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }
}
