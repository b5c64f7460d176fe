import Contracts
import Synchronization

/// What a producer means to publish and what the broker confirmed, on disk before it counts.
///
/// **Guarantee.** ``intend(_:)`` returns when the disk has the intentions: a message may be published from then on, and
/// no kill of the producer makes it a message of nobody. ``confirm(_:)`` returns when the disk has the confirms: the
/// promise holds for them. A message that was intended and neither confirmed nor refused may be there or not.
///
/// A text file, a JSON object a line, appended to only: opening it again goes on where it ended, and a torn last line
/// is cut off. One process at a time writes; several threads may. Costs one `fdatasync` a call, so hand over many at
/// once; about 250 bytes an intention, 8 a confirm.
package final class ProducerLedger: Sendable {
    private struct State: ~Copyable {
        let file: LineFile
        var next: Int
    }

    /// Where it lies.
    package let path: String
    private let state: Mutex<State>

    /// Opens a ledger, or begins one. Costs one reading of what is there.
    ///
    /// - Throws: ``BooksError/Code/file``; ``BooksError/Code/malformed`` when the file is something else.
    package init(_ path: String) throws(BooksError) {
        self.path = path
        var next = 0
        try Self.read(path) { (record) throws(BooksError) in
            if case .intended(let number, _) = record { next = max(next, number + 1) }
        }
        state = Mutex(State(file: try LineFile(appending: path), next: next))
    }

    /// Notes what is about to be published. Returns their numbers, consecutive from 0 in a new ledger: use each as the
    /// token of its message.
    @discardableResult
    package func intend(_ intentions: [Intention]) throws(BooksError) -> Range<Int> {
        try state.withLock { (state) throws(BooksError) in
            let numbers = state.next..<state.next + intentions.count
            guard !numbers.isEmpty else { return numbers }
            var lines: [UInt8] = []
            for (number, intention) in zip(numbers, intentions) { LedgerRecord.write(number, intention, to: &lines) }
            try state.file.append(lines)
            state.next = numbers.upperBound
            return numbers
        }
    }

    /// Notes that the broker confirmed them.
    package func confirm(_ numbers: some Sequence<Int>) throws(BooksError) {
        try answer("confirmed", Array(numbers))
    }

    /// Notes that the broker returned or refused them: nothing is promised.
    package func refuse(_ numbers: some Sequence<Int>) throws(BooksError) {
        try answer("refused", Array(numbers))
    }

    private func answer(_ word: String, _ numbers: [Int]) throws(BooksError) {
        guard !numbers.isEmpty else { return }
        let line = LedgerRecord.answer(word, numbers)
        try state.withLock { (state) throws(BooksError) in
            try state.file.append(line)
        }
    }

    /// Hands out the records of a ledger in the order in which they were written, in constant memory. A torn last line
    /// is passed over; a file that is not there has none.
    ///
    /// - Throws: ``BooksError/Code/malformed`` for a line that is no record.
    package static func read(
        _ path: String, _ body: (LedgerRecord) throws(BooksError) -> Void
    ) throws(BooksError) {
        try read(path, skippingIntentions: false, body)
    }

    /// The same; intentions are passed over unread when they are not wanted.
    static func read(
        _ path: String, skippingIntentions: Bool, _ body: (LedgerRecord) throws(BooksError) -> Void
    ) throws(BooksError) {
        var line = 0
        try LineFile.read(path) { (bytes) throws(BooksError) in
            line += 1
            if skippingIntentions, bytes.starts(with: LedgerRecord.intentionMark) { return }
            let record: LedgerRecord
            do throws(Fault) { record = try LedgerRecord(parsing: bytes) } catch {
                throw BooksError(.malformed, "\(path), line \(line): \(error)")
            }
            try body(record)
        }
    }
}
