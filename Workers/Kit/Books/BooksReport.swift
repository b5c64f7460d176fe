package import Contracts

/// What comparing the books found.
package struct BooksReport: Sendable {
    /// How much was compared.
    package struct Counts: Sendable, Equatable {
        /// Messages that producers meant to publish, repeats included.
        package var intended = 0
        /// Of these, how many the broker confirmed.
        package var confirmed = 0
        /// Distinct (command, tenant, id, body).
        package var promises = 0
        /// Rows of the ledger, by outcome.
        package var outcomes: [Outcome: Int] = [:]
        /// Stored events.
        package var events = 0
        /// Messages that came to the event book.
        package var received = 0
        /// Effects.
        package var effects = 0
    }

    /// How much was compared.
    package let counts: Counts
    /// What does not balance, in the order of ``Imbalance/Kind``; empty when the promise held.
    package let imbalances: [Imbalance]

    /// Whether the promise held.
    package var balances: Bool { imbalances.isEmpty }

    /// The imbalances alone, as one JSON list.
    package var imbalancesJSON: [UInt8] {
        var writer = JSONWriter(capacity: 1024)
        writer.beginList()
        for imbalance in imbalances { imbalance.write(to: &writer) }
        writer.endList()
        return writer.bytes
    }

    /// The report as one JSON object.
    package var json: [UInt8] {
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        writer.key("balances")
        writer.write(balances)
        for (name, count) in [
            ("intended", counts.intended), ("confirmed", counts.confirmed), ("promises", counts.promises),
            ("events", counts.events), ("received", counts.received), ("effects", counts.effects),
        ] {
            writer.key(name)
            writer.write(count)
        }
        writer.key("outcomes")
        writer.beginObject()
        for outcome in Outcome.allCases {
            writer.key(outcome.rawValue)
            writer.write(counts.outcomes[outcome] ?? 0)
        }
        writer.endObject()
        writer.key("imbalances")
        writer.write(json: imbalancesJSON)
        writer.endObject()
        return writer.bytes
    }
}

extension BooksReport: CustomStringConvertible {
    /// One line an imbalance.
    package var description: String {
        balances ? "the books balance" : imbalances.map(\.description).joined(separator: "\n")
    }
}
