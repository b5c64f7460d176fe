import Contracts

/// The terms that ask about the payload, answered where it can be opened.
extension Filter {
    /// Whether an opened payload is what the payload terms ask for. `nil`: the job keeps none, or it cannot be read; it
    /// has no such field then.
    func matches(payload: [UInt8]?) -> Bool {
        let tree = payload.flatMap { try? JSONTree(parsing: $0) }
        return payloadTerms.allSatisfy { term in
            guard case .payload(let path, let patterns) = term.question else { return true }
            let value = tree?.text(at: path[...])
            let holds = value.map { value in patterns.contains { $0.matches(value) } } ?? false
            return holds != term.isNegated
        }
    }
}

extension JSONTree {
    /// The text, number or flag at a path as text; `nil` when nothing or something larger is there.
    func text(at path: ArraySlice<String>) -> String? {
        switch self {
        case .object(let members):
            guard let name = path.first else { return nil }
            return members.first { $0.name == name }?.value.text(at: path.dropFirst())
        case .raw(let bytes):
            guard path.isEmpty, let first = bytes.first, first != UInt8(ascii: "[") else { return nil }
            guard first == UInt8(ascii: "\"") else { return String(decoding: bytes, as: UTF8.self) }
            var reader = JSONReader(bytes)
            return try? reader.readText()
        }
    }
}
