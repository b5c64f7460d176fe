/// An AMQP field table: named values in the order they were added or received.
///
/// Look-up compares names one after the other: tables hold a handful of entries, and an array is faster than a
/// dictionary there. Names must be at most 255 bytes of UTF-8; a longer one makes the message unsendable.
public struct Headers: Hashable, Sendable {
    /// One named value.
    public struct Entry: Hashable, Sendable {
        /// The field's name.
        public var name: String
        /// The field's value.
        public var value: FieldValue

        /// A named value.
        public init(name: String, value: FieldValue) {
            self.name = name
            self.value = value
        }
    }

    /// The entries in order. A name received twice appears twice.
    public private(set) var entries: [Entry]

    /// An empty table.
    public init() { entries = [] }

    init(entries: [Entry]) { self.entries = entries }

    /// The number of entries.
    public var count: Int { entries.count }

    /// Whether the table has no entry.
    public var isEmpty: Bool { entries.isEmpty }

    /// The first value of that name. Setting replaces it in place, appends a new name, or removes the name with `nil`.
    public subscript(name: String) -> FieldValue? {
        get { entries.first { $0.name == name }?.value }
        set {
            let index = entries.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): entries[index].value = value
            case (nil, let value?): entries.append(Entry(name: name, value: value))
            case (_, nil): entries.removeAll { $0.name == name }
            }
        }
    }
}

extension Headers: ExpressibleByDictionaryLiteral {
    /// A table with these entries, in this order.
    public init(dictionaryLiteral elements: (String, FieldValue)...) {
        entries = elements.map { Entry(name: $0.0, value: $0.1) }
    }
}

extension Headers: Sequence {
    /// Walks the entries in order.
    public func makeIterator() -> IndexingIterator<[Entry]> { entries.makeIterator() }
}
