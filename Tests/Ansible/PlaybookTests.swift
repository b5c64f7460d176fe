import Ansible
import Foundation
import Processes
import Testing

@Suite("Playbooks", .needsAnsible, .serialized, .timeLimit(.minutes(20)))
struct PlaybookTests {
    private func playbook(_ name: String) -> Playbook {
        Playbook(Fixture.path(name), configuration: Fixture.path("ansible.cfg"))
    }

    private func inventory(_ hosts: [(name: String, variables: [String: InventoryValue])]) -> Inventory {
        Inventory(
            hosts: hosts.map { host in
                InventoryHost(
                    host.name, user: "root", password: "s3cret of \(host.name)", connection: .local,
                    variables: host.variables)
            },
            knownHostsFile: "/dev/null")
    }

    private static let nasty = "{{ lookup('pipe','id') }}\n: # \"'\\ !unsafe \u{1F980}"

    private var three: Inventory {
        inventory([
            ("one.example", ["fails": .flag(false), "text": "plain"]),
            ("two.example", ["fails": .flag(true), "text": "plain", "secret": "s3cret of two.example"]),
            ("192.0.2.3", ["fails": .flag(false), "text": .text(Self.nasty)]),
        ])
    }

    private func reason(_ outcome: HostOutcome?) -> HostFailure.Reason? {
        if case .failed(let failure)? = outcome { failure.reason } else { nil }
    }

    /// The directory of the run to which a process belongs.
    private func directory(of id: Int32) throws -> String {
        let environment = try String(contentsOfFile: "/proc/\(id)/environ", encoding: .utf8)
        let home = environment.split(separator: "\0").first { $0.hasPrefix("HOME=") }
        return try #require(home).dropFirst(5).description
    }

    @Test("Three hosts fare each on their own; a text that looks like a template stays one; no secret comes out")
    func three() async throws {
        let lease = try Fixture.lease()
        let playbook = playbook("local.yaml")
        let taskCount = try await playbook.taskCount(under: lease)
        #expect(taskCount == 4)
        var events: [PlayEvent] = []
        var progress: [String: [Double]] = [:]
        let input = RunInput(knownHosts: Array("host.example ssh-ed25519 AAAA\n".utf8))
        let result = try await playbook.run(three, input, taskCount: taskCount, under: lease) { event, record in
            events.append(event)
            if case .result(let result) = event {
                progress[result.host, default: []].append(record.progress(of: result.host))
            }
        }
        #expect(result.ending == .exited(2) && result.stopped == nil, "\(result.tail)")
        #expect(result.outcomes["one.example"] == .done(changed: 1))
        #expect(result.outcomes["192.0.2.3"] == .done(changed: 1))
        let failure = HostFailure(
            .taskFailed, task: "Check the host", message: "this one fails, and its secret is \(Redaction.mask)")
        #expect(result.outcomes["two.example"] == .failed(failure))
        #expect(progress["one.example"] == [0.25, 0.5, 0.75, 1] && progress["two.example"] == [0.25, 0.5])
        let shown = events.contains {
            if case .result(let result) = $0 {
                result.host == "192.0.2.3" && result.message == Self.nasty
            } else {
                false
            }
        }
        #expect(shown)
        #expect(result.knownHosts == input.knownHosts)
        #expect(!"\(events) \(result)".contains("s3cret"))
    }

    @Test("Only the hosts that are meant are dealt with")
    func limit() async throws {
        var playbook = playbook("local.yaml")
        playbook.limit = ["192.0.2.3", "one.example"]
        playbook.forks = 1
        let result = try await playbook.run(three, taskCount: 4, under: try Fixture.lease())
        #expect(result.outcomes == ["one.example": .done(changed: 1), "192.0.2.3": .done(changed: 1)])
        #expect(result.ending == .exited(0))
        let lease = try Fixture.lease()
        playbook.limit = []
        #expect(try await playbook.run(three, taskCount: 4, under: lease).outcomes == [:])
        playbook.limit = ["elsewhere.example"]
        #expect(try await playbook.run(three, taskCount: 4, under: lease).outcomes == [:])
        for pattern in ["all", "!one.example", "*", "@/etc/passwd"] {
            playbook.limit = [pattern]
            await #expect(throws: AnsibleError.self, "\(pattern)") {
                try await playbook.run(three, taskCount: 4, under: lease)
            }
        }
    }

    @Test("What else is secret does not come out")
    func secrets() async throws {
        var playbook = playbook("local.yaml")
        playbook.limit = ["one.example"]
        var three = three
        three.hosts[0].variables["text"] = "key=hunter22"
        var events: [PlayEvent] = []
        _ = try await playbook.run(
            three, RunInput(secrets: ["hunter22"]), taskCount: 4, under: try Fixture.lease()
        ) { event, _ in events.append(event) }
        #expect(!"\(events)".contains("hunter22") && "\(events)".contains("key=\(Redaction.mask)"))
    }

    @Test("A check of the playbook has the meaning that it is given")
    func checks() async throws {
        var playbook = playbook("local.yaml")
        playbook.limit = ["two.example"]
        playbook.checks = ["Check the host": .wrongSystem]
        let result = try await playbook.run(three, taskCount: 4, under: try Fixture.lease())
        #expect(reason(result.outcomes["two.example"]) == .wrongSystem)
    }

    @Test("A playbook that cannot be read reaches no host, and says why")
    func unreadable() async throws {
        let playbook = playbook("no-such-playbook.yaml")
        let lease = try Fixture.lease()
        let result = try await playbook.run(three, taskCount: 4, under: lease)
        guard case .failed(let failure)? = result.outcomes["one.example"] else {
            Issue.record("a failure")
            return
        }
        #expect(failure.reason == .notReached && failure.message.contains("could not be found"))
        #expect(result.ending?.isSuccess == false && !result.tail.isEmpty)
        await #expect(throws: AnsibleError.self) { try await playbook.taskCount(under: lease) }
    }

    /// The hosts of a run that waits on the second task of its second host; the first has failed before.
    private func hosts(_ signal: Signal) -> Inventory {
        inventory([
            ("one.example", ["fails": .flag(true), "file": .text(signal.path)]),
            ("two.example", ["fails": .flag(false), "file": .text(signal.path)]),
        ])
    }

    private func isDead(_ id: Int32) -> Bool {
        let stat = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)
        return ["Z", "X", nil].contains(stat?.split(separator: ")").last?.split(separator: " ").first)
    }

    @Test("A run that is cancelled is over, and says so of the hosts that were not done")
    func cancelled() async throws {
        let signal = try Signal()
        let lease = try Fixture.lease()
        var playbook = playbook("waiting.yaml")
        playbook.grace = .milliseconds(500)
        let (failures, failed) = AsyncStream<Void>.makeStream()
        let run = Task { [playbook] in
            defer { failed.finish() }
            return try await playbook.run(hosts(signal), taskCount: 3, under: lease) { event, _ in
                if case .result(let result) = event, result.status == .failed { failed.yield() }
            }
        }
        let id = try await signal.process()
        let directory = try directory(of: id)
        #expect(FileManager.default.fileExists(atPath: "\(directory)/inventory.yaml"))
        for await _ in failures { break }
        #expect(!isDead(id))
        run.cancel()
        let result = try await run.value
        #expect(result.stopped == .cancelled && result.ending == nil)
        #expect(reason(result.outcomes["one.example"]) == .taskFailed)
        #expect(reason(result.outcomes["two.example"]) == .cancelled)
        await lease.end()
        #expect(isDead(id))
        #expect(!FileManager.default.fileExists(atPath: directory))
    }

    @Test("A run that takes too long is over, and says so of the hosts that were not done")
    func timedOut() async throws {
        let signal = try Signal()
        var playbook = playbook("waiting.yaml")
        playbook.grace = .milliseconds(100)
        playbook.timeLimit = .seconds(1)
        let result = try await playbook.run(hosts(signal), taskCount: 3, under: try Fixture.lease())
        #expect(result.stopped == .timedOut)
        #expect(reason(result.outcomes["two.example"]) == .timedOut)
    }

    @Test("A lease that is lost takes the run with it")
    func leaseLost() async throws {
        let signal = try Signal()
        let lease = try Fixture.lease(for: .seconds(20))
        let playbook = playbook("waiting.yaml")
        let run = Task {
            // Each event may take as long.
            try await playbook.run(hosts(signal), taskCount: 3, under: lease) { _, _ in
                try lease.renew(until: .now + .seconds(15))
            }
        }
        let id = try await signal.process()
        let error = await #expect(throws: ProcessError.self) { _ = try await run.value }
        #expect(error?.code == .leaseLost)
        await lease.end()
        #expect(isDead(id))
    }

    @Test("An error of who listens ends the run at once")
    func listener() async throws {
        struct Enough: Error {}
        let lease = try Fixture.lease()
        await #expect(throws: Enough.self) {
            _ = try await playbook("local.yaml").run(three, taskCount: 4, under: lease) { _, _ in throw Enough() }
        }
    }

    @Test("Without ansible, a run says that it is not there")
    func absent() async throws {
        var playbook = playbook("local.yaml")
        playbook.searchPath = "/no/such/folder"
        let lease = try Fixture.lease()
        let error = await #expect(throws: ProcessError.self) {
            _ = try await playbook.run(three, taskCount: 4, under: lease)
        }
        #expect(error?.code == .notFound)
    }
}

/// A pipe with a name, into which a program says that it is there.
private final class Signal: Sendable {
    let path: String
    private let descriptor: Int32

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "ruche-\(UUID().uuidString)")
            .path(percentEncoded: false)
        try #require(unsafe mkfifo(path, 0o600) == 0)
        descriptor = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        try #require(descriptor >= 0)
    }

    deinit {
        close(descriptor)
        unsafe unlink(path)
    }

    /// The process that says its id, once it does; within a time that only a broken run needs.
    func process() async throws -> Int32 {
        let text = await withCheckedContinuation { continuation in
            Thread.detachNewThread { [descriptor] in
                var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                var bytes = [UInt8](repeating: 0, count: 32)
                let isThere = unsafe poll(&entry, 1, 60_000) == 1
                let count = isThere ? unsafe read(descriptor, &bytes, bytes.count) : 0
                continuation.resume(returning: String(decoding: bytes.prefix(max(0, count)), as: UTF8.self))
            }
        }
        return try #require(Int32(text.split(separator: "\n").first ?? ""))
    }
}
