import Ansible
import Contracts
import Runtime

/// Keeps what happens in a run: its log, its checkpoints, and what people are told. Much of it goes into one
/// transaction: ansible says more in a second than is worth one each.
actor RunJournal {
    private let run: Run
    private(set) var board: PlayBoard
    private var lines: [RunLine] = []
    private var events: EventLines
    private var alarmed: Set<Int> = []
    private var nextProgress = ContinuousClock.now
    /// How often people are told: with many servers, an event is large.
    private let interval: Duration

    /// So many lines are written without waiting for more.
    private static let fullBatch = 500
    /// How often the log is written.
    static let rhythm = Duration.milliseconds(500)

    init(_ run: Run, _ board: PlayBoard) {
        (self.run, self.board) = (run, board)
        events = EventLines(places: board.places)
        interval = max(.seconds(1), .milliseconds(20 * board.entries.count))
    }

    /// Takes in what ansible says.
    func take(_ event: PlayEvent, _ record: PlayRecord) async throws(Rejection) {
        lines += events.take(event)
        if let id = board.take(event, record) { try await alarm(id) }
        if lines.count >= Self.fullBatch { try await write() }
    }

    /// Takes in that a server is not to be spoken to.
    func fail(_ id: Int, _ failure: HostFailure) async throws(Rejection) {
        board.fail(id, failure)
        lines.append(RunLine(.failed, step: "log in", at: place(id), text: failure.description))
        if failure.reason == .hostKeyChanged { try await alarm(id) }
    }

    /// A line of our own.
    func note(_ step: String, _ text: String) { lines.append(RunLine(.note, step: step, text: text)) }

    /// Takes in what came of the servers.
    func close(_ endings: [ServerEnding]) { for ending in endings { board.close(ending) } }

    /// Writes what there is, and keeps what is done; tells people if they were not told just now. A point of ending.
    func tick() async throws(Rejection) {
        try await write()
        let isDue = board.isNew && .now >= nextProgress
        guard isDue || board.isAhead else { return }
        try await tell()
    }

    /// Writes what is left, and tells people how it ended.
    func finish() async throws(Rejection) {
        try await write()
        if board.isNew || board.isAhead { try await tell() }
    }

    /// Writes the lines that there are, and the keys that servers were the first to show: whoever goes on with the run
    /// holds those against them. No point of ending.
    func write() async throws(Rejection) {
        // Taken before waiting: others may come meanwhile, and follow.
        let batch = lines
        lines = []
        try await run.record(batch)
        let keys = board.newKeys
        guard !keys.isEmpty else { return }
        try await run.transaction { (tx: borrowing Transaction) throws(Rejection) in
            try tx.send(ServerBook.trust(keys, tenant: tx.tenant))
        }
        board.settle(keys)
    }

    private func tell() async throws(Rejection) {
        let (mark, progress, isAhead) = (board.mark, board.progress, board.isAhead)
        board.settle()
        nextProgress = .now + interval
        if isAhead { try await run.checkpoint(mark, progress: progress) } else { try await run.progress(progress) }
    }

    /// Whoever answers at the address may not be the server.
    private func alarm(_ id: Int) async throws(Rejection) {
        guard alarmed.insert(id).inserted else { return }
        let place = place(id)
        let text = "Server \(id) at \(place) shows another host key than the one that is known of it."
        lines.append(RunLine(.note, step: "host-key-changed", at: place, text: text))
        try await run.progress(
            Progress(
                step: "host-key-changed", text: text,
                places: [PlaceProgress(place: place, state: .failed, text: text)]))
    }

    private func place(_ id: Int) -> String { board.entries[id]?.place ?? "server \(id)" }
}
