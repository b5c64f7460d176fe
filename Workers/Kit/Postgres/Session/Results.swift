/// The claim on the result of a statement that was sent in a transaction.
package struct Ticket: Sendable, Hashable {
    let serial: Int
    let slot: Int
}

/// The results of a committed transaction, by ticket.
package struct Results {
    let serial: Int
    let slots: [Rows?]

    /// The result of the statement. Stops the process when the ticket is of another transaction.
    package subscript(ticket: Ticket) -> Rows {
        guard ticket.serial == serial, ticket.slot < slots.count, let rows = slots[ticket.slot] else {
            preconditionFailure("a ticket of another transaction")
        }
        return rows
    }
}
