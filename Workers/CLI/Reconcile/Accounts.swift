import Books
import Contracts
import Runtime

/// The accounts of those who were told something: producers by the broker, subscribers by events. Files, read a line at
/// a time.
struct Accounts {
    /// What producers noted as confirmed, a JSON object a line.
    var confirmed: [String] = []
    /// Ledgers that producers kept.
    var ledgers: [String] = []
    /// What subscribers received: events as they were published, one a line, or event books.
    var events: [String] = []
    /// A file of commands, with the journal of its run.
    var lines: JournaledLines?
    /// Of lines that name none.
    var tenant = Topology.defaultTenant

    /// Whether there is any.
    var isEmpty: Bool { confirmed.isEmpty && ledgers.isEmpty && events.isEmpty && lines == nil }

    /// Hands out every claim, in the order of the files.
    func read(_ body: (Claim) throws -> Void) throws {
        for path in confirmed { try readConfirmed(path, body) }
        for path in ledgers { try readLedger(path, body) }
        for path in events { try readEvents(path, body) }
        try lines?.read { request, line in
            var claim = Claim(request.command.name.rawValue, request.tenant, request.id)
            claim.line = line
            try body(claim)
        }
    }

    private func readConfirmed(_ path: String, _ body: (Claim) throws -> Void) throws {
        try Self.lines(of: path) { bytes, number in
            let line: ConfirmedLine
            do throws(Fault) { line = try ConfirmedLine(json: bytes) } catch {
                throw Failure(.invalid, "\(path), line \(number): \(error.message)")
            }
            guard line.outcome ?? "confirmed" == "confirmed" else { return }
            guard let id = line.id, let command = line.command else {
                throw Failure(.invalid, "\(path), line \(number): expected `id` and `command`")
            }
            try body(Claim(command, line.tenant ?? tenant, id))
        }
    }

    /// Twice, for a confirm stands behind what it confirms.
    private func readLedger(_ path: String, _ body: (Claim) throws -> Void) throws {
        guard File.size(path) != nil else { throw Failure(.notFound, "\(path): no such file") }
        var confirmed: Set<Int> = []
        try ProducerLedger.read(path) { (record) throws(BooksError) in
            if case .confirmed(let numbers) = record { confirmed.formUnion(numbers) }
        }
        var failure: (any Error)?
        try ProducerLedger.read(path) { (record) throws(BooksError) in
            // What has no id of its own is nobody's to name.
            guard case .intended(let number, let entry) = record, failure == nil, confirmed.contains(number),
                entry.source == .id, let id = entry.id
            else { return }
            do { try body(Claim(entry.command.rawValue, entry.tenant, id, key: entry.key)) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private func readEvents(_ path: String, _ body: (Claim) throws -> Void) throws {
        try Self.lines(of: path) { bytes, number in
            let event: ReceivedEvent
            do throws(Fault) { event = try ReceivedEvent(line: bytes) } catch {
                throw Failure(.invalid, "\(path), line \(number): \(error.message)")
            }
            guard case .event(let receipt) = event else { return }
            let parts = receipt.type.split(separator: ".")
            guard parts.count == 4 else {
                throw Failure(.invalid, "\(path), line \(number): no event is of the type \(receipt.type)")
            }
            var claim = Claim(String(parts[1]), receipt.tenant, receipt.subject)
            claim.announced = String(parts[2])
            claim.sequence = receipt.sequence
            try body(claim)
        }
    }

    /// The lines of a file that are not blank, with their numbers.
    static func lines(of path: String, _ body: ([UInt8], Int) throws -> Void) throws {
        var lines = try LineReader(path)
        while true {
            switch try lines.next() {
            case .end: return
            case .pause: continue
            case .line(let bytes):
                if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
                try body(bytes, lines.number)
            }
        }
    }
}
