package import Processes

extension Playbook {
    /// Runs the playbook for the hosts, and hands every event on, in order, with what is known of the hosts after it.
    /// While an event is being dealt with, ansible runs on until many lines wait.
    ///
    /// Cancelled or out of time, ansible is asked to end and killed after its grace; the outcomes then say so of every
    /// host that was not done. An error of `onEvent` kills it at once. Either way nothing of the run is left when this
    /// returns: no process, no connection that ssh keeps open, no file.
    ///
    /// A host whose key is another than the one in `input.knownHosts` fails alone. Keys of new hosts are accepted, and
    /// come back with the result.
    ///
    /// When no host is meant, nothing is run.
    ///
    /// - Parameters:
    ///   - inventory: the hosts. Its `knownHostsFile` is the run's own, whatever it says.
    ///   - taskCount: how many tasks there are, for progress.
    /// - Throws: `AnsibleError` for an inventory that cannot be written; `ProcessError`: `notFound` when ansible is not
    ///   installed, `leaseLost`, `leaseEnded`, `guardLost`, `failed`; `SecretError`; what `onEvent` throws.
    package func run(
        _ inventory: Inventory, _ input: RunInput = RunInput(), taskCount: Int, under lease: Lease,
        onEvent: (PlayEvent, PlayRecord) async throws -> Void = { _, _ in }
    ) async throws -> PlayResult {
        let record = record(of: inventory, taskCount)
        let files = try RunFiles.write(self, inventory, input)
        // An empty list of hosts would mean all of them to ansible.
        if record.isEmpty {
            return PlayResult(
                outcomes: [:], ending: .exited(0), stopped: nil, knownHosts: input.knownHosts, tail: [])
        }
        let redaction = Redaction(
            inventory.hosts.flatMap(\.secrets) + [input.privateKey].compactMap { $0 } + input.secrets)
        let follower = Follower(EventReader(redaction: redaction), record)
        var words = ["--inventory", files.inventoryPath, "--forks", String(max(1, forks))]
        if limit != nil { words += ["--limit", "@\(files.limitPath)"] }
        let ending: Result<ProgramResult, any Error>
        do {
            ending = .success(
                try await program(words + [path], in: files.path).run(under: lease) { line in
                    try await follower.take(line, onEvent) { try? files.knownHosts() }
                })
        } catch {
            ending = .failure(error)
        }
        await closeConnections(of: files, under: lease)
        let (stopped, end) = try Self.stop(ending)
        return PlayResult(
            outcomes: follower.record.outcomes(stopped: stopped), ending: end, stopped: stopped,
            knownHosts: try files.knownHosts(), tail: follower.notes)
    }

    private func record(of inventory: Inventory, _ taskCount: Int) -> PlayRecord {
        let meant = limit.map { Set($0) }
        let hosts = inventory.hosts.filter { meant?.contains($0.name) ?? true }
        return PlayRecord(
            hosts: Dictionary(hosts.map { ($0.name, $0.password != nil) }, uniquingKeysWith: { $1 }),
            taskCount: taskCount, checks: checks)
    }

    /// Why the run was ended from outside, or how it ended.
    private static func stop(
        _ result: Result<ProgramResult, any Error>
    ) throws -> (HostFailure.Reason?, Ending?) {
        do {
            return (nil, try result.get().ending)
        } catch let error as ProcessError where error.code == .timedOut {
            return (.timedOut, nil)
        } catch let error as ProcessError where error.code == .cancelled {
            return (.cancelled, nil)
        }
    }

    /// Ends the connections that ssh keeps open. They have left ansible's session; nobody else would end them before
    /// the lease ends. It does not care whether the task is cancelled.
    private func closeConnections(of files: borrowing RunFiles, under lease: Lease) async {
        for socket in files.sockets() {
            var program = Program(
                "ssh", ["-F", "/dev/null", "-o", "ControlPath=\(socket)", "-O", "exit", "ruche"],
                environment: ["PATH": searchPath, "HOME": files.path])
            program.timeLimit = .seconds(5)
            guard let child = try? lease.start(program) else { return }
            _ = try? await child.finish()
        }
    }
}

/// What came of a run.
package struct PlayResult: Sendable {
    /// What came of each host.
    package let outcomes: [String: HostOutcome]
    /// How ansible ended; `nil` when it was ended from outside.
    package let ending: Ending?
    /// Why it was ended from outside: `timedOut` or `cancelled`.
    package let stopped: HostFailure.Reason?
    /// The keys of hosts, those that are new among them.
    package let knownHosts: [UInt8]
    /// The last 50 notes, redacted: warnings, and what ansible itself complains of.
    package let tail: [String]
}

/// Makes events of lines. By one task at a time.
private final class Follower {
    private(set) var record: PlayRecord
    private(set) var notes: [String] = []
    private let reader: EventReader

    init(_ reader: EventReader, _ record: PlayRecord) { (self.reader, self.record) = (reader, record) }

    func take(
        _ line: OutputLine, _ onEvent: (PlayEvent, PlayRecord) async throws -> Void, _ knownHosts: () -> [UInt8]?
    ) async throws {
        let event =
            line.stream == .output ? reader.read(line.text, isCut: line.isCut) : reader.note(line.text)
        guard let event else { return }
        if record.take(event), let known = knownHosts() { record.knownHosts = known }
        if case .note(let text) = event {
            notes.append(text)
            if notes.count > 50 { notes.removeFirst() }
        }
        try await onEvent(event, record)
    }
}
