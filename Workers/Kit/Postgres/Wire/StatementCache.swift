/// What makes two statements the same prepared statement: the text, and the types of its parameters.
struct StatementKey: Hashable, Sendable {
    let text: String
    let types: [TypeID]
}

/// Which statements this session has prepared, and under which names. Pure: it decides, the connection prepares and
/// deallocates.
///
/// Names are never used twice, so a name that was given up cannot be mistaken for its successor.
struct StatementCache {
    /// How a statement is to be run.
    struct Use: Equatable {
        let name: String
        /// The name must be prepared first.
        let isNew: Bool
    }

    private struct Entry {
        let name: String
        var lastUse: UInt64
    }

    private let capacity: Int
    private var entries: [StatementKey: Entry] = [:]
    private var clock: UInt64 = 0
    private var discarded: [String] = []

    init(capacity: Int) { self.capacity = capacity }

    /// The name for `key`; when it is new and the cache is full, the least recently used one makes room for it.
    mutating func use(_ key: StatementKey) -> Use {
        clock += 1
        if let index = entries.index(forKey: key) {
            entries.values[index].lastUse = clock
            return Use(name: entries.values[index].name, isNew: false)
        }
        // A scan of 200 entries is less than the preparation it precedes.
        if entries.count >= capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            entries[oldest.key] = nil
            discarded.append(oldest.value.name)
        }
        let name = "r\(clock)"
        entries[key] = Entry(name: name, lastUse: clock)
        return Use(name: name, isNew: true)
    }

    /// The statement is not prepared in the session (any more): the next use prepares it again.
    mutating func forget(_ key: StatementKey) { entries[key] = nil }

    /// The statement exists in the session but its plan is of no use: deallocate it, and prepare it again at next use.
    mutating func discard(_ key: StatementKey) {
        if let entry = entries.removeValue(forKey: key) { discarded.append(entry.name) }
    }

    /// The name is still prepared although its deallocation was tried.
    mutating func discardAgain(_ name: String) { discarded.append(name) }

    /// The names to deallocate, handed out once.
    mutating func takeDiscarded() -> [String] {
        defer { discarded = [] }
        return discarded
    }
}
