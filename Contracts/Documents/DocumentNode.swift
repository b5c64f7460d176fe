/// A part of a generated document: a tree whose members keep their order, so that the same contract gives the same
/// text.
indirect enum DocumentNode {
    case object([(name: String, value: DocumentNode)])
    case list([DocumentNode])
    case text(String)
    case integer(Int)
    case number(Double)
    case flag(Bool)
    case null

    /// The tree of a JSON text; the examples of commands come this way.
    init(json: [UInt8]) throws(Fault) {
        var reader = JSONReader(json)
        self = try Self.read(&reader)
        try reader.finish()
    }

    /// A list of texts.
    static func texts(_ texts: [String]) -> DocumentNode {
        .list(texts.map { .text($0) })
    }

    /// Adds members behind those of an object.
    func adding(_ members: [(name: String, value: DocumentNode)]) -> DocumentNode {
        guard case .object(let present) = self else { return self }
        return .object(present + members)
    }

    private static func read(_ reader: inout JSONReader) throws(Fault) -> DocumentNode {
        switch reader.peek() {
        case ASCII.openBrace:
            var members: [(name: String, value: DocumentNode)] = []
            try reader.enterObject()
            while let key = try reader.nextKey() { members.append((reader.text(of: key), try read(&reader))) }
            return .object(members)
        case ASCII.openBracket:
            var elements: [DocumentNode] = []
            try reader.enterList()
            while try reader.nextElement() { elements.append(try read(&reader)) }
            return .list(elements)
        case ASCII.quote: return .text(try reader.readText())
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .flag(try reader.readFlag())
        case UInt8(ascii: "n"):
            _ = try reader.readNull()
            return .null
        default:
            let number = try reader.readNumber()
            return Int(exactly: number).map { .integer($0) } ?? .number(number)
        }
    }
}
