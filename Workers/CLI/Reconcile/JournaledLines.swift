import Contracts
import Runtime

/// A file of commands as `ruche enqueue --ndjson` sent it, and the journal of what the broker confirmed of it.
struct JournaledLines {
    private let path: String
    private let journal: BulkJournal
    private let reader: BulkLine

    /// - Parameters:
    ///   - path: the file of commands.
    ///   - command: what the command line of that run named.
    init(_ path: String, journal: String, command: String?, tenant: String) throws {
        self.path = path
        self.journal = try BulkJournal(reading: journal, purpose: "\(command ?? "") \(tenant)")
        reader = BulkLine(
            command: try command.map { try Payload.command(named: $0) }, tenant: tenant, correlationID: nil,
            expiresAt: nil, seed: self.journal.seed)
    }

    /// Hands out what was confirmed, with the number of its line. Lines that are no command were never sent.
    func read(_ body: (Producer.Request, Int) throws -> Void) throws {
        try Accounts.lines(of: path) { bytes, number in
            let request: Producer.Request
            do throws(Fault) { request = try reader.request(bytes, number: number) } catch { return }
            guard try journal.has(number, id: request.id) else { return }
            try body(request, number)
        }
    }

    /// Writes those of these lines to a file of commands with their ids, which `ruche enqueue --ndjson` sends again.
    func write(_ numbers: Set<Int>, to target: String) throws {
        var text = ""
        try read { request, number in
            guard numbers.contains(number) else { return }
            var line = BulkEnvelope()
            line.id = request.id
            line.command = request.command.name.rawValue
            line.tenant = request.tenant
            line.correlationId = request.correlationID
            line.payload = request.payload
            text += String(decoding: line.json(), as: UTF8.self) + "\n"
        }
        try File.create(target, text)
    }
}
