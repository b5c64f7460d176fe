package import Contracts

/// The commands of a nemesis' producer. Each follows from its number and the seed, so that a producer that was killed
/// can say again what it had said.
package struct NemesisLoad: Sendable {
    /// A command to publish.
    package struct Item: Sendable {
        package let command: CommandName
        package let id: String
        package let body: [UInt8]
        /// How it may end.
        package let endings: Set<Outcome>
    }

    /// Which commands.
    package enum Mix: String, Sendable {
        /// The tests' own command, and those of the shipped workers.
        case all
        /// The same, but that everything succeeds at its first attempt, and leases and tasks end soon.
        case steady
        /// The same as ``steady``, but for tasks: however late they are made, they are not over.
        case patient
    }

    /// The commands there are.
    package static let commands: [CommandName] = [
        Cluster.probe, LeaseIP.name, ImportBatch.name, CreateTask.name, IngestLogs.name,
    ]

    private let seed: UInt64
    private let mix: Mix
    private let start: Timestamp
    private let rate: Int

    /// - Parameters:
    ///   - start: when the run began; deadlines are counted from there.
    ///   - rate: commands a second, which says about when each is sent.
    package init(seed: UInt64, mix: Mix, start: Timestamp, rate: Int) {
        (self.seed, self.mix, self.start, self.rate) = (seed, mix, start, rate)
    }

    /// The message id of a number.
    package static func id(_ number: Int) -> String { "job-\(number)" }

    /// Which command it is.
    package func command(_ number: Int) -> CommandName {
        switch number % 20 {
        case 0..<5: LeaseIP.name
        case 5..<8: CreateTask.name
        case 8..<10: IngestLogs.name
        case 10 where number % 200 == 10: ImportBatch.name
        default: Cluster.probe
        }
    }

    /// The command of a number.
    package func item(_ number: Int) -> Item {
        var random = SeededRandom(seed: seed &* 1_000_003 &+ UInt64(number))
        let id = Self.id(number)
        switch command(number) {
        case LeaseIP.name:
            let ttl = mix != .all ? 30 : number % 40 == 0 ? 2 : 3600
            return item(LeaseIP(holder: "web-\(number)", ttlSeconds: ttl), id, [.succeeded, .refused])
        case CreateTask.name:
            // Some expire during the run; a deadline that is over already is refused.
            let sent = start + .seconds(rate == 0 ? 0 : number / rate)
            let due = sent + .seconds(mix == .steady ? 30 : mix == .all && number % 60 == 5 ? 5 : 864_000)
            return item(CreateTask(owner: "ada", title: "task \(number)", dueAt: due), id, [.succeeded, .refused])
        case IngestLogs.name:
            let entry = LogEntry(time: start.microseconds * 1000 + Int64(number), line: LogText(id))
            return item(IngestLogs(records: [LogRecord(entry, host: "host", service: "shop")]), id, [.succeeded])
        case ImportBatch.name:
            var list = ServerList(count: 20)
            list.first = number % 2000
            list.extraMemory = number / 2000
            return item(ImportBatch(session: "list \(number)", csv: list.csv), id, [.succeeded])
        default:
            let acts = mix != .all ? ["slow"] : ["slow", "slow", "slow", "refuse", "recover", "write-and-refuse"]
            let act = acts[random.next(below: acts.count)]
            let body = Cluster.probe(act, lane: "\(number % 400)", milliseconds: 2)
            let isRefused = act.hasSuffix("refuse")
            return Item(
                command: Cluster.probe, id: id, body: body, endings: [isRefused ? .refused : .succeeded, .dead])
        }
    }

    private func item<C: Command>(_ command: C, _ id: String, _ endings: Set<Outcome>) -> Item {
        Item(command: C.name, id: id, body: command.json(), endings: endings.union([.dead]))
    }
}
