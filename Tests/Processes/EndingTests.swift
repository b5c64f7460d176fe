import Foundation
import Processes
import Testing

@Suite("Programs that are ended")
struct EndingTests {
    /// A program that says its own id and that of a child, and heeds no request to end.
    private static let stubborn = "trap '' TERM; sleep 3600 & echo $$; echo $!; while :; do wait; done"
    /// One that ends when asked to, and says so.
    private static let polite = "trap 'echo asked; exit 0' TERM; echo $$; while :; do sleep 3600 & wait; done"

    @Test("Time that is over: the program is asked, then killed, and its last lines are in the error")
    func timeLimit() async throws {
        let lease = try Lease(for: .seconds(3600))
        var program = Program.script(Self.stubborn)
        (program.timeLimit, program.grace) = (.seconds(1), .milliseconds(200))
        var lines: [OutputLine] = []
        do {
            _ = try await program.run(under: lease) { lines.append($0) }
            Issue.record("it ended")
        } catch let error as ProcessError {
            #expect(error.code == .timedOut && error.tail == lines)
        }
        for line in lines { #expect(Watched.isDead(line.text)) }
    }

    @Test("A task that is cancelled ends its program", arguments: [stubborn, polite])
    func cancelled(script: String) async throws {
        let lease = try Lease(for: .seconds(3600))
        let (began, started) = AsyncStream.makeStream(of: String.self)
        let task = Task {
            var program = Program.script(script)
            program.grace = script == Self.polite ? .seconds(3600) : .milliseconds(200)
            return try await program.run(under: lease) { started.yield($0.text) }
        }
        let leader = try Watched(try await began.first { _ in true }.orThrow("a line"))
        task.cancel()
        do {
            _ = try await task.value
            Issue.record("it ended")
        } catch let error as ProcessError {
            #expect(error.code == .cancelled && (error.tail.last?.text == "asked") == (script == Self.polite))
        }
        #expect(await leader.dies())
    }

    @Test("A task that is cancelled before it begins runs nothing for long")
    func cancelledBefore() async throws {
        let lease = try Lease(for: .seconds(3600))
        let task = Task {
            unsafe withUnsafeCurrentTask { task in unsafe task?.cancel() }
            return try await Program("sleep", ["3600"]).run(under: lease)
        }
        await expectCode(.cancelled) { try await task.value }
    }

    @Test("A handle ends a program and signals it from elsewhere")
    func handle() async throws {
        let lease = try Lease(for: .seconds(3600))
        let script = "trap 'echo heard' USR1; echo $$; while :; do sleep 3600 & wait $!; done"
        let child = try lease.start(Program.script(script))
        let handle = child.handle
        let leader = try await Watched(child.nextLine().orThrow("a line").text)
        #expect(handle.id == leader.id)
        handle.signal(SIGUSR1)
        #expect(await child.nextLine()?.text == "heard")
        handle.cancel()
        await expectCode(.cancelled) { try await child.finish() }
        #expect(await leader.dies())
        // Nobody's number any more: nothing happens.
        handle.signal(SIGKILL)
        handle.cancel()
        #expect(try await Program("true").run(under: lease).ending.isSuccess)
    }

    @Test("An error of who reads the lines kills the program")
    func thrown() async throws {
        let lease = try Lease(for: .seconds(3600))
        var leader: Watched?
        await #expect(throws: Missing.self) {
            try await Program.script(Self.stubborn).run(under: lease) {
                leader = try Watched($0.text)
                throw Missing("patience")
            }
        }
        #expect(try !#require(leader).lives)
    }

    @Test("A program that is dropped is killed")
    func dropped() async throws {
        let lease = try Lease(for: .seconds(3600))
        func start() async throws -> Watched {
            let child = try lease.start(Program.script(Self.stubborn))
            return try await Watched(child.nextLine().orThrow("a line").text)
        }
        let leader = try await start()
        #expect(await leader.dies())
    }
}
