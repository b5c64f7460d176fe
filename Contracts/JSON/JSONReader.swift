/// Reads one JSON text (RFC 8259) from bytes, value after value, without building a tree.
///
/// What it accepts is exact: no trailing commas, no comments, UTF-8 only, no U+0000, no half surrogate pairs, at most
/// ``depthLimit`` levels. A byte order mark in front is passed over. Each method throws a ``Fault`` whose pointer is
/// relative to the value being read; whoever reads a field or an element puts its own name in front.
///
/// Where people's text must not be lost, as in logs, the reader can be told to repair text; see ``repairsText``.
public struct JSONReader: Sendable {
    /// How many objects and lists may lie inside each other.
    public static let depthLimit = 64

    /// The text.
    let bytes: [UInt8]
    /// Whether an unknown field is a fault.
    public let isStrict: Bool
    /// Whether a text with bytes that are no UTF-8, U+0000, half a surrogate pair or control characters is taken rather
    /// than refused; U+FFFD stands for what is no text.
    public let repairsText: Bool
    /// The next byte to read.
    var position: Int
    private var depth = 0
    /// Whether the innermost object or list has had no member yet.
    private var isFirst = true

    /// A reader at the start of `bytes`.
    public init(_ bytes: [UInt8], strict: Bool = false, repairingText: Bool = false) {
        self.bytes = bytes
        isStrict = strict
        repairsText = repairingText
        position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// The next byte that is not white space, without taking it; 0 at the end.
    mutating func peek() -> UInt8 {
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case ASCII.space, ASCII.lineFeed, ASCII.carriageReturn, ASCII.tab: position += 1
            default: return byte
            }
        }
        return 0
    }

    /// Checks that nothing but white space follows.
    public mutating func finish() throws(Fault) {
        _ = peek()
        guard position == bytes.count else { throw malformed("the end") }
    }

    /// Enters an object; read it with ``nextKey()`` until that returns nothing.
    public mutating func enterObject() throws(Fault) {
        guard peek() == ASCII.openBrace else { throw mismatch("an object") }
        try enter()
    }

    /// The next field's name, after which its value must be read or skipped; nothing at the object's end.
    public mutating func nextKey() throws(Fault) -> JSONKey? {
        var byte = peek()
        if byte == ASCII.closeBrace {
            leave()
            return nil
        }
        if !isFirst {
            guard byte == ASCII.comma else { throw malformed("“,” or “}”") }
            position += 1
            byte = peek()
        }
        isFirst = false
        guard byte == ASCII.quote else { throw malformed("a field's name") }
        let span = try scanText()
        let key = JSONKey(range: span.range, unescaped: span.isPlain ? nil : try text(in: span))
        guard peek() == ASCII.colon else { throw malformed("“:”") }
        position += 1
        return key
    }

    /// Enters a list; read it with ``nextElement()`` until that says no.
    public mutating func enterList() throws(Fault) {
        guard peek() == ASCII.openBracket else { throw mismatch("a list") }
        try enter()
    }

    /// Whether an element follows, which must then be read or skipped.
    public mutating func nextElement() throws(Fault) -> Bool {
        let byte = peek()
        if byte == ASCII.closeBracket {
            leave()
            return false
        }
        if !isFirst {
            guard byte == ASCII.comma else { throw malformed("“,” or “]”") }
            position += 1
            guard peek() != ASCII.closeBracket else { throw malformed("a value") }
        }
        isFirst = false
        return true
    }

    /// A place in the text to which ``rewind(to:)`` goes back.
    private struct Mark {
        fileprivate let position: Int
        fileprivate let depth: Int
        fileprivate let isFirst: Bool
    }

    /// Where reading stands.
    private var mark: Mark { Mark(position: position, depth: depth, isFirst: isFirst) }

    /// Reads on from an earlier place.
    private mutating func rewind(to mark: Mark) {
        (position, depth, isFirst) = (mark.position, mark.depth, mark.isFirst)
    }

    /// Reads the value that comes next with `body`. When that finds a fault, the value is skipped as a whole and the
    /// fault returned, so that what follows can be read; a strict reader throws it. What is not even JSON throws.
    mutating func tolerate(_ body: (inout JSONReader) throws(Fault) -> Void) throws(Fault) -> Fault? {
        let start = mark
        do throws(Fault) {
            try body(&self)
            return nil
        } catch {
            guard !isStrict else { throw error }
            rewind(to: start)
            try skipValue()
            return error
        }
    }

    private mutating func enter() throws(Fault) {
        guard depth < Self.depthLimit else {
            throw Fault(.tooDeep, "Values are nested more than \(Self.depthLimit) levels deep.")
        }
        depth += 1
        position += 1
        isFirst = true
    }

    private mutating func leave() {
        depth -= 1
        position += 1
        isFirst = false
    }
}
