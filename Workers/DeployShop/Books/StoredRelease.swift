import Runtime

/// A version of a shop as its row says it is.
package struct StoredRelease: Sendable, Equatable {
    package var number: Int
    /// The tag of its image; empty until it is built.
    package var tag: String
    /// The digests of its image's layers.
    package var layers: [String]
    /// What its container is called.
    package var container: String
    /// `NEW`, `LIVE`, `KEPT`, `FAILED` or `GONE`.
    package var state: String

    package init(number: Int, tag: String = "", layers: [String] = [], container: String, state: String = "NEW") {
        (self.number, self.tag, self.layers) = (number, tag, layers)
        (self.container, self.state) = (container, state)
    }

    /// Reads a row of ``ShopBook/releases(_:_:)``.
    init(_ rows: Rows, _ row: Int) throws(PostgresError) {
        number = try rows.get(row, 0)
        tag = try rows.get(row, 1)
        layers = try rows.get(row, 2)
        container = try rows.get(row, 3)
        state = try rows.get(row, 4)
    }

    /// Whether its image should be on the server.
    package var isThere: Bool { state == "LIVE" || state == "KEPT" }
}

extension [StoredRelease] {
    /// The version that is meant when somebody wants to go back, newest first.
    ///
    /// - Parameter name: its number or its tag; `nil` for the newest before the one that serves.
    package func target(_ name: String?, active: Int) -> StoredRelease? {
        let there = filter { $0.isThere && $0.number != active }.sorted { $0.number > $1.number }
        guard let name else { return there.first { $0.number < active } }
        return there.first { String($0.number) == name } ?? there.first { $0.tag == name }
    }

    /// Those whose images may go: all but the newest `count` that have served, and never the one that serves.
    package func superfluous(keeping count: Int, active: Int) -> [StoredRelease] {
        let there = filter { $0.isThere && $0.number != active }.sorted { $0.number > $1.number }
        return Array(there.dropFirst(Swift.max(0, count - 1)))
    }
}
