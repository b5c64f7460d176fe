/// What values a field takes, as the documents and the command line need to know it.
public indirect enum ValueKind: Sendable {
    /// Text; the length counts Unicode characters as JSON Schema does (scalars).
    case text(length: ClosedRange<Int>, pattern: TextPattern)
    /// Text, or a number or flag taken as the text that it is written with: a cell of a table.
    case cell(length: ClosedRange<Int>)
    /// A whole number.
    case integer(ClosedRange<Int>)
    /// A number.
    case number(ClosedRange<Double>)
    /// True or false.
    case flag
    /// An instant, as RFC 3339 text.
    case timestamp
    /// A ``UniqueID``, as UUID text.
    case uniqueID
    /// One of a few words.
    case choice([String])
    /// An object whose values are all text.
    case labels(count: ClosedRange<Int>)
    /// A list of values of one kind.
    case list(ValueKind, count: ClosedRange<Int>)
    /// A list with one value of each kind in this order, of which so many at the end may be missing.
    case tuple([ValueKind], optional: Int)
    /// Any JSON object.
    case json
    /// An object with fields of its own.
    case message(any Message.Type)
}

extension ValueKind: CustomStringConvertible {
    /// The kind in a few words, such as `integer 1…3600`.
    public var description: String {
        switch self {
        case .text(_, let pattern): pattern.description
        case .cell: "text"
        case .integer(let range): "integer" + Self.limits(range, whole: .min ... .max)
        case .number(let range): "number" + Self.limits(range, whole: -.infinity ... .infinity)
        case .flag: "true or false"
        case .timestamp: "time (RFC 3339)"
        case .uniqueID: "UUID"
        case .choice(let words): words.joined(separator: " or ")
        case .labels: "names with texts"
        case .list(let element, _): "list of \(element)"
        case .tuple(let elements, _): "list of \(elements.map(\.description).joined(separator: ", "))"
        case .json, .message: "object"
        }
    }

    private static func limits<Bound>(_ range: ClosedRange<Bound>, whole: ClosedRange<Bound>) -> String {
        if range == whole { return "" }
        if range.upperBound == whole.upperBound { return " from \(range.lowerBound)" }
        return " \(range.lowerBound)…\(range.upperBound)"
    }
}
