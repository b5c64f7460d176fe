import AMQP
import Contracts
import Runtime

/// Publishes a file of commands, one a line, many at a time, and says of each line what became of it.
struct BulkEnqueue: ~Copyable {
    /// Sent and not confirmed, at most.
    static let window = 4096
    /// The broker may be away so long; the publisher connects again meanwhile.
    static let patience = Duration.seconds(60)

    private let reader: BulkLine
    private let journal: BulkJournal?
    private let publisher: Publisher?
    private let traces: ProducerTrace
    private let standstill: Standstill
    private let interrupt = Interrupt()
    private var progress = Progress("lines")
    private var pending: [UInt64: (id: String, command: CommandName, span: Span?)] = [:]
    private var confirmed = 0
    private var skipped = 0
    private var invalid = 0
    private var lastReport = ContinuousClock.now
    /// Why no further line is sent.
    private var stop: Failure?

    /// - Parameters:
    ///   - publisher: `nil` only looks at the lines.
    ///   - traces: puts each command into its trace.
    ///   - standstill: ends the run when it is neither reading nor writing lines and does not come round.
    init(
        _ reader: BulkLine, journal: BulkJournal?, to publisher: Publisher?, _ traces: ProducerTrace,
        _ standstill: Standstill
    ) {
        self.standstill = standstill
        self.reader = reader
        self.journal = journal
        self.publisher = publisher
        self.traces = traces
        // Signals are held back from here on, for its thread too.
        standstill.watch()
    }

    /// Sends every line that the journal does not know. Throws at the end what the exit code has to say.
    mutating func run(_ path: String) throws {
        var lines = try LineReader(path)
        var batch: [OutgoingMessage] = []
        reading: while stop == nil {
            standstill.rest()
            let line = try lines.next()
            standstill.move()
            switch line {
            case .end: break reading
            case .pause:
                try send(&batch)
                try settle(downTo: .max)
            case .line(let bytes):
                if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
                if let message = try message(bytes, number: lines.number) { batch.append(message) }
                if batch.count == 64 { try send(&batch) }
                // Lines that need no sending must not keep signals and confirms waiting.
                if lines.number % Self.window == 0 { try settle(downTo: .max) }
                if pending.count >= Self.window { try settle(downTo: Self.window / 2) }
            }
        }
        if stop == nil {
            try send(&batch)
        } else {
            for message in batch { pending[message.token] = nil }
        }
        try settle(downTo: 0)
        standstill.rest()
        progress.end()
        try report(path)
    }

    /// The message of a line; `nil` when there is nothing to send.
    private mutating func message(_ bytes: [UInt8], number: Int) throws -> OutgoingMessage? {
        var request: Producer.Request
        do throws(Fault) { request = try reader.request(bytes, number: number) } catch {
            invalid += 1
            let place = error.pointer.isEmpty ? "the line" : error.pointer
            progress.say("line \(number): \(place): \(error.message) (\(error.code))")
            emit(Self.result(number, nil, nil, "invalid", error))
            return nil
        }
        if try journal?.has(number, id: request.id) ?? false {
            skipped += 1
            return nil
        }
        guard publisher != nil else {
            confirmed += 1
            emit(Self.result(number, request.id, request.command.name, "valid", nil))
            return nil
        }
        let span = traces.begin(&request)
        var message = Producer.message(of: request, at: .now)
        message.token = UInt64(number)
        if pending.isEmpty { lastReport = .now }
        pending[message.token] = (request.id, request.command.name, span)
        return message
    }

    private func send(_ batch: inout [OutgoingMessage]) throws {
        guard !batch.isEmpty else { return }
        #if FAULTS
        if Faults.reach(.publish, .before) { publisher?.cut() }
        #endif
        publisher?.publish(batch)
        #if FAULTS
        if Faults.isPlanned(.publish, .after) {
            publisher?.awaitSent()
            if Faults.reach(.publish, .after) { publisher?.cut() }
        }
        #endif
        batch = []
    }

    /// Takes reports until no more than `limit` messages are open.
    private mutating func settle(downTo limit: Int) throws {
        var reports: [PublishReport] = []
        var wait = Duration.zero
        #if FAULTS
        if !pending.isEmpty, Faults.reach(.confirm, .before) { publisher?.cut() }
        #endif
        repeat {
            standstill.move()
            let arrived = publisher?.waitForReports(upTo: wait) ?? []
            reports += arrived
            if !arrived.isEmpty { lastReport = .now }
            if stop == nil, let code = interrupt.requested() { stop = Failure(code, "stopped") }
            if ContinuousClock.now - lastReport > (stop == nil ? Self.patience : .seconds(5)), !pending.isEmpty {
                stop = stop ?? Failure(.unavailable, "the broker has confirmed nothing for \(Self.patience)")
                break
            }
            progress.update(confirmed)
            wait = .milliseconds(200)
        } while pending.count - reports.count > limit
        if pending.isEmpty { lastReport = .now }
        try book(reports)
    }

    private mutating func book(_ reports: [PublishReport]) throws {
        var done: [(number: Int, id: String)] = []
        var lines: [String] = []
        for report in reports {
            guard let sent = pending.removeValue(forKey: report.token) else { continue }
            let number = Int(report.token)
            if report.outcome == .confirmed { done.append((number, sent.id)) }
            let word = name(of: report.outcome, sent.command)
            traces.end(sent.span, failure: report.outcome == .confirmed ? nil : word)
            lines.append(Self.result(number, sent.id, sent.command, word, nil))
        }
        #if FAULTS
        if !done.isEmpty, Faults.reach(.confirm, .after) {
            throw Failure(.failure, "the journal: No space left on device")
        }
        #endif
        // First to the disk, then to the reader: who has read “confirmed” can rely on the journal.
        try journal?.add(done)
        confirmed += done.count
        standstill.rest()
        if !lines.isEmpty { emit(lines.joined(separator: "\n")) }
        standstill.move()
    }

    /// The word for an outcome; what nobody can mend by going on stops the run.
    private mutating func name(of outcome: PublishOutcome, _ command: CommandName) -> String {
        switch outcome {
        case .confirmed: return "confirmed"
        case .nacked:
            stop = stop ?? Failure(.tryLater, "the queue of `\(command)` is full")
            return "queue-full"
        case .returned(let code, let text):
            stop = stop ?? Failure(.unavailable, "no queue takes `\(command)` (\(code) \(text)): ruche migrate")
            return "returned"
        case .unknown:
            stop = stop ?? Failure(.unavailable, "the connection was lost before the broker confirmed")
            return "unknown"
        }
    }

    private func report(_ path: String) throws {
        var parts = ["\(confirmed) \(publisher == nil ? "valid" : "confirmed")"]
        if skipped > 0 { parts.append("\(skipped) confirmed before") }
        if invalid > 0 { parts.append("\(invalid) invalid") }
        if !pending.isEmpty { parts.append("\(pending.count) unknown") }
        note("ruche: \(parts.joined(separator: ", "))")
        if let stop {
            let isSafe = journal != nil || path != "-"
            throw Failure(
                stop.code,
                lines: stop.lines + [
                    isSafe
                        ? "go on with the same command line: ids are the same, nothing has a second effect"
                        : "lines from stdin without --journal get new ids each time"
                ])
        }
        if invalid > 0 { throw Failure(.invalid, "\(invalid) lines are not valid and were left out") }
    }

    private static func result(
        _ number: Int, _ id: String?, _ command: CommandName?, _ outcome: String, _ fault: Fault?
    ) -> String {
        var writer = JSONWriter(capacity: 128)
        writer.beginObject()
        writer.key("line")
        writer.write(number)
        for (name, value) in [("id", id), ("command", command?.rawValue), ("outcome", outcome)] {
            writer.key(name)
            if let value { writer.write(value) } else { writer.writeNull() }
        }
        if let fault {
            writer.key("pointer")
            writer.write(fault.pointer)
            writer.key("message")
            writer.write(fault.message)
        }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
