extension Shape where Value == Timestamp {
    /// An instant, as RFC 3339 text. Written with milliseconds.
    public static var timestamp: Shape {
        Shape(kind: .timestamp) { (reader) throws(Fault) in
            guard let time = Timestamp(rfc3339: try reader.readText()) else {
                throw Fault(.invalidValue, "Expected a time such as 2026-05-04T10:02:03Z (RFC 3339).")
            }
            return time
        } write: { value, writer in
            writer.write(value)
        }
    }
}

extension Shape where Value == UniqueID {
    /// An id, as UUID text of any version.
    public static var uniqueID: Shape {
        Shape(kind: .uniqueID) { (reader) throws(Fault) in
            guard let id = UniqueID(try reader.readText()) else {
                throw Fault(.invalidValue, "Expected a UUID: 8-4-4-4-12 hexadecimal digits.")
            }
            return id
        } write: { value, writer in
            writer.write(value)
        }
    }
}

extension Shape where Value: RawRepresentable & CaseIterable & SendableMetatype, Value.RawValue == String {
    /// One of the words of an enumeration.
    public static var choice: Shape {
        let words = Value.allCases.map(\.rawValue)
        return Shape(kind: .choice(words)) { (reader) throws(Fault) in
            guard let value = Value(rawValue: try reader.readText()) else {
                throw Fault(.invalidValue, "Expected one of: \(words.joined(separator: ", ")).")
            }
            return value
        } write: { value, writer in
            writer.write(value.rawValue)
        }
    }
}

extension Shape where Value: Message {
    /// An object with fields of its own.
    public static var message: Shape {
        Shape(kind: .message(Value.self)) { (reader) throws(Fault) in
            try Value(reading: &reader)
        } write: { value, writer in
            value.write(to: &writer)
        }
    }
}

extension Shape where Value == [UInt8] {
    /// Any JSON object, kept as the bytes that spell it.
    public static var json: Shape {
        Shape(kind: .json) { (reader) throws(Fault) in
            guard reader.peek() == ASCII.openBrace else { throw reader.mismatch("an object") }
            let range = try reader.skipValue()
            return Array(reader.bytes[range])
        } write: { bytes, writer in
            writer.write(json: bytes)
        }
    }
}

extension Shape where Value == [String: String] {
    /// So many names with a text each; written in the order of the names.
    public static func labels(_ count: ClosedRange<Int> = 0...64) -> Shape {
        Shape(kind: .labels(count: count)) { (reader) throws(Fault) in
            var labels: [String: String] = [:]
            try reader.enterObject()
            while let key = try reader.nextKey() {
                let name = reader.text(of: key)
                do throws(Fault) {
                    guard labels.updateValue(try reader.readText(), forKey: name) == nil else {
                        throw Fault(.duplicateField, "The name is there twice.")
                    }
                } catch {
                    throw error.inside(name)
                }
                guard labels.count <= count.upperBound else { throw FieldCount.fault(count) }
            }
            guard labels.count >= count.lowerBound else { throw FieldCount.fault(count) }
            return labels
        } write: { labels, writer in
            writer.beginObject()
            for (name, text) in labels.sorted(by: { $0.key < $1.key }) {
                writer.key(name)
                writer.write(text)
            }
            writer.endObject()
        }
    }
}

extension Shape {
    /// A list of so many values of one shape.
    public static func list<Element>(
        of element: Shape<Element>, count: ClosedRange<Int>
    ) -> Shape where Value == [Element] {
        Shape(kind: .list(element.kind, count: count)) { (reader) throws(Fault) in
            var elements: [Element] = []
            try reader.enterList()
            while try reader.nextElement() {
                guard elements.count < count.upperBound else { throw FieldCount.fault(count) }
                do throws(Fault) { elements.append(try element.read(&reader)) } catch {
                    throw error.inside(elements.count)
                }
            }
            guard elements.count >= count.lowerBound else { throw FieldCount.fault(count) }
            return elements
        } write: { elements, writer in
            writer.beginList()
            for value in elements { element.write(value, &writer) }
            writer.endList()
        }
    }
}

/// The fault of a collection with too few or too many members.
private enum FieldCount {
    static func fault(_ count: ClosedRange<Int>) -> Fault {
        Fault(.outOfRange, "Expected \(count.lowerBound) to \(count.upperBound) entries.")
    }
}
