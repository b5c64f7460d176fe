/// Matches the broker's acks, nacks and returns to published messages, and decides what may be sent next.
///
/// Sequence numbers of a confirm channel count up from 1 with each publish. A returned message is confirmed too, after
/// its return: the return wins. Returns carry no sequence number, but come in publish order: each is matched to the
/// oldest mandatory message after the last returned one with the same exchange, routing key and message id.
///
/// When the broker closes the channel because of a publish, one of the unconfirmed messages is to blame and nobody says
/// which. They are then sent again one at a time; the one that closes the channel on its own is reported as returned.
package struct ConfirmTracker: Sendable {
    private enum State { case open, returned(UInt16, String), done }

    private struct Entry {
        var message: OutgoingMessage
        var state: State
    }

    private let window: Int
    /// Entries of sequence numbers `base`, `base + 1`, … from index `dead` on.
    private var entries: [Entry] = []
    private var dead = 0
    private var base: UInt64 = 1
    /// No return can belong to a lower sequence number.
    private var returnsFrom: UInt64 = 1
    /// How many of the next messages are sent alone.
    private var suspects = 0

    /// Messages that were sent and are neither confirmed nor refused.
    package private(set) var unconfirmed = 0

    /// A tracker that lets at most `window` messages be unconfirmed.
    package init(window: Int) { self.window = max(1, window) }

    /// The sequence number of the message that was sent last; 0 before the first.
    package var lastSequence: UInt64 { base + UInt64(entries.count - dead) - 1 }

    /// The sequence number of the oldest message that is neither confirmed nor refused.
    package var oldest: UInt64? { unconfirmed > 0 ? base : nil }

    /// How many messages may be sent now.
    package var room: Int { max(0, (suspects > 0 ? 1 : window) - unconfirmed) }

    /// Notes that a message was handed to the socket.
    package mutating func sent(_ message: consuming OutgoingMessage) {
        entries.append(Entry(message: message, state: .open))
        unconfirmed += 1
    }

    /// Takes the broker's answer to one message, or to all up to and including it.
    package mutating func answered(_ sequence: UInt64, multiple: Bool, nack: Bool, into reports: inout [PublishReport])
    {
        let end = base + UInt64(entries.count - dead)
        guard sequence >= base, sequence < end else {
            // Zero with `multiple` means everything sent so far.
            if sequence == 0, multiple, end > base { answered(end - 1, multiple: true, nack: nack, into: &reports) }
            return
        }
        let last = dead + Int(sequence - base)
        for index in (multiple ? dead : last)...last { finish(index, nack: nack, into: &reports) }
        trim()
    }

    private mutating func finish(_ index: Int, nack: Bool, into reports: inout [PublishReport]) {
        let outcome: PublishOutcome
        switch entries[index].state {
        case .done: return
        case .returned(let code, let text): outcome = .returned(replyCode: code, text: text)
        case .open: outcome = nack ? .nacked : .confirmed
        }
        reports.append(PublishReport(token: entries[index].message.token, outcome: outcome))
        entries[index].state = .done
        entries[index].message.body = []
        unconfirmed -= 1
        if suspects > 0 { suspects -= 1 }
    }

    private mutating func trim() {
        while dead < entries.count, case .done = entries[dead].state {
            dead += 1
            base += 1
        }
        if dead == entries.count {
            entries.removeAll(keepingCapacity: true)
            dead = 0
        } else if dead > 1024, dead * 2 > entries.count {
            entries.removeFirst(dead)
            dead = 0
        }
    }

    /// Takes a return. One that matches nothing is ignored.
    /// - Returns: whether it belongs to a message that waits for its confirm.
    @discardableResult
    package mutating func returned(
        replyCode: UInt16, text: String, exchange: String, routingKey: String, messageID: String?
    ) -> Bool {
        var index = dead + Int(max(base, returnsFrom) - base)
        while index < entries.count {
            if case .open = entries[index].state, entries[index].message.mandatory,
                entries[index].message.properties.messageID == messageID,
                entries[index].message.routingKey == routingKey, entries[index].message.exchange == exchange
            {
                entries[index].state = .returned(replyCode, text)
                returnsFrom = base + UInt64(index - dead) + 1
                return true
            }
            index += 1
        }
        return false
    }

    /// The channel is gone: forgets the sequence and gives back what was not answered, oldest first.
    ///
    /// A message the broker had returned is reported as returned; it reached no queue, whatever became of its confirm.
    package mutating func lost(into reports: inout [PublishReport]) -> [OutgoingMessage] {
        var rest: [OutgoingMessage] = []
        rest.reserveCapacity(unconfirmed)
        for entry in entries[dead...] {
            switch entry.state {
            case .done: break
            case .open: rest.append(entry.message)
            case .returned(let code, let text):
                reports.append(
                    PublishReport(token: entry.message.token, outcome: .returned(replyCode: code, text: text)))
            }
        }
        entries.removeAll(keepingCapacity: true)
        (dead, base, returnsFrom, unconfirmed) = (0, 1, 1, 0)
        return rest
    }

    /// The broker closed the channel because of a publish. Gives back what to send again, one at a time.
    package mutating func refused(
        replyCode: UInt16, text: String, into reports: inout [PublishReport]
    ) -> [OutgoingMessage] {
        var rest = lost(into: &reports)
        if rest.count == 1 {
            let culprit = rest.removeFirst()
            reports.append(
                PublishReport(token: culprit.token, outcome: .returned(replyCode: replyCode, text: text)))
            suspects = max(0, suspects - 1)
        } else {
            suspects = max(suspects, rest.count)
        }
        return rest
    }
}
