import CLinux
import Foundation
import Processes

/// The program that takes the guard's part; the tests' own executable belongs to the toolchain.
enum Probe {
    static let path: String = {
        // Beside the bundle of tests that is mapped into this process.
        let maps = FileHandle(forReadingAtPath: "/proc/self/maps").flatMap { try? $0.readToEnd() } ?? Data()
        let lines = String(decoding: maps, as: UTF8.self).split(separator: "\n")
        let bundle = lines.first { $0.hasSuffix(".xctest") }?.split(separator: " ").last ?? ""
        return URL(filePath: String(bundle)).deletingLastPathComponent().appending(path: "ProcessProbe")
            .path(percentEncoded: false)
    }()
}

extension Lease {
    /// A lease of the tests; for as long as they may take, unless said otherwise.
    convenience init(for duration: Duration = .seconds(3600), patience: Duration = .seconds(30)) throws(ProcessError) {
        try self.init(until: .now + duration, executable: Probe.path, patience: patience)
    }
}

/// Renews a lease until it is told to stop: however long a busy machine takes to start what is under it.
final class Keeper: Sendable {
    private let isOver = DispatchSemaphore(value: 0)

    init(_ lease: Lease, by duration: Duration) {
        Thread.detachNewThread { [isOver] in
            repeat { try? lease.renew(until: .now + duration) } while isOver.wait(timeout: .now() + 0.1) == .timedOut
        }
    }

    /// From now on it is renewed once more at most.
    func stop() { isOver.signal() }
}

extension Program {
    /// A script of the shell.
    static func script(_ text: String) -> Program { Program("sh", ["-c", text]) }
}

/// A process that is watched from while it lives: its number may be another's later, this is always its own.
final class Watched: Sendable {
    let id: pid_t
    private let descriptor: Int32

    /// - Throws: when there is no such process any more.
    init(_ id: some StringProtocol) throws {
        self.id = try pid_t(String(id)).orThrow("\(id) is no process id")
        descriptor = ruche_process_descriptor(self.id)
        guard descriptor >= 0 else { throw Missing("process \(id)") }
    }

    deinit { close(descriptor) }

    /// Whether it is dead within a time that only a broken run needs.
    func dies() async -> Bool {
        await onThread { self.isDead(within: 60_000) }
    }

    /// Whether it lives now.
    var lives: Bool { !isDead(within: 0) }

    private func isDead(within milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, milliseconds) == 1
    }

    /// The letter of its state in `/proc`; `nil` when it is buried.
    var state: String? { Self.state(of: String(id)) }

    /// Whether a process that was there before is dead, buried or not.
    static func isDead(_ id: String) -> Bool { ["Z", "X", nil].contains(state(of: id)) }

    private static func state(of id: String) -> String? {
        let stat = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)
        return stat?.split(separator: ")").last?.split(separator: " ").first.map(String.init)
    }
}

/// Waits on a thread of its own: the pool's are few, and other tests need them to be in time.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: body()) }
    }
}

/// What a test expected to be there.
struct Missing: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

extension Optional {
    func orThrow(_ what: String) throws -> Wrapped {
        guard let self else { throw Missing(what) }
        return self
    }
}

/// A worker that a test may kill: `ProcessProbe`, whose output is read line by line. It leads a group of its own.
final class ProbeWorker {
    let process: Watched
    private let output: FileHandle
    private var rest: [UInt8] = []
    private let running: Process

    convenience init(_ milliseconds: Int, _ script: String) throws {
        try self.init(["worker", String(milliseconds), script])
    }

    /// One that puts a secret into a directory at a place, says where, and waits.
    convenience init(secretsIn place: String) throws { try self.init(["secrets", place]) }

    private init(_ words: [String]) throws {
        let pipe = Foundation.Pipe()
        running = Process()
        running.executableURL = URL(filePath: Probe.path)
        running.arguments = words
        running.standardOutput = pipe.fileHandleForWriting
        running.standardInput = FileHandle.nullDevice
        try running.run()
        try pipe.fileHandleForWriting.close()
        output = pipe.fileHandleForReading
        process = try Watched(String(running.processIdentifier))
    }

    deinit { if process.lives { kill(process.id, SIGKILL) } }

    /// Stops its whole group, and returns when every thread of it stands still.
    func freeze() async {
        let id = process.id
        kill(-id, SIGSTOP)
        await onThread {
            var information = unsafe siginfo_t()
            _ = unsafe waitid(P_PID, id_t(id), &information, WSTOPPED | WNOWAIT)
        }
    }

    /// The next line; `nil` at the end of the output.
    func line() async -> String? {
        while true {
            if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                defer { rest.removeSubrange(...end) }
                return String(decoding: rest[..<end], as: UTF8.self)
            }
            let more = await onThread { [output] in output.availableData }
            if more.isEmpty { return nil }
            rest += more
        }
    }

    /// The process that a line `NAME ID` speaks of.
    func process(_ name: String) async throws -> Watched {
        let words = try await line().orThrow("a line").split(separator: " ")
        guard words.count == 2, words[0] == name else { throw Missing("a line of \(name), not \(words)") }
        return try Watched(words[1])
    }
}
