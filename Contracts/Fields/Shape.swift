/// How values of one Swift type are read from JSON and written to it, and what they are called in the documents.
///
/// Shapes are made by the static functions of this type (`.text(1...128)`, `.list(of: .integer(), count: 0...10)`).
public struct Shape<Value>: Sendable {
    /// What values there are.
    public let kind: ValueKind
    let read: @Sendable (inout JSONReader) throws(Fault) -> Value
    let write: @Sendable (Value, inout JSONWriter) -> Void
}

extension Shape where Value == String {
    /// Text with so many Unicode characters that looks like `pattern`.
    public static func text(_ length: ClosedRange<Int>, _ pattern: TextPattern = .any) -> Shape {
        Shape(kind: .text(length: length, pattern: pattern)) { (reader) throws(Fault) in
            let text = try reader.readText()
            try checkLength(of: text, length)
            guard pattern.accepts(text) else {
                throw Fault(.invalidValue, "The text is not as it must be: \(pattern.rule).")
            }
            return text
        } write: { text, writer in
            writer.write(text)
        }
    }

    /// Text, or a number or flag taken as the text that it is written with.
    public static func cell(_ length: ClosedRange<Int>) -> Shape {
        Shape(kind: .cell(length: length)) { (reader) throws(Fault) in
            let text = try reader.readCell()
            try checkLength(of: text, length)
            return text
        } write: { text, writer in
            writer.write(text)
        }
    }

    private static func checkLength(of text: String, _ length: ClosedRange<Int>) throws(Fault) {
        let bytes = text.utf8.count
        // A text has at most as many characters as bytes, and at least a quarter as many: most need no counting.
        if length.contains(bytes), length.lowerBound <= (bytes + 3) / 4 { return }
        guard length.contains(text.unicodeScalars.count) else {
            throw Fault(.outOfRange, "Expected \(length.lowerBound) to \(length.upperBound) characters.")
        }
    }
}

extension Shape where Value == Int {
    /// A whole number within `range`.
    public static func integer(_ range: ClosedRange<Int> = .min ... .max) -> Shape {
        Shape(kind: .integer(range)) { (reader) throws(Fault) in
            let value = try reader.readInteger()
            guard range.contains(value) else {
                throw Fault(.outOfRange, "Expected an integer from \(range.lowerBound) to \(range.upperBound).")
            }
            return value
        } write: { value, writer in
            writer.write(value)
        }
    }
}

extension Shape where Value == Double {
    /// A number within `range`.
    public static func number(_ range: ClosedRange<Double> = -.infinity ... .infinity) -> Shape {
        Shape(kind: .number(range)) { (reader) throws(Fault) in
            let value = try reader.readNumber()
            guard range.contains(value) else {
                throw Fault(.outOfRange, "Expected a number from \(range.lowerBound) to \(range.upperBound).")
            }
            return value
        } write: { value, writer in
            writer.write(value)
        }
    }
}

extension Shape where Value == Bool {
    /// True or false.
    public static var flag: Shape {
        Shape(kind: .flag) { (reader) throws(Fault) in
            try reader.readFlag()
        } write: { value, writer in
            writer.write(value)
        }
    }
}
