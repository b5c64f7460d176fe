import Foundation
import Processes
import Testing

@Suite("Leases")
struct LeaseTests {
    /// A program that says the ids of a shell, of a child in its group, of one in a session of its own, and of one that
    /// nobody is the parent of any more; then all of them wait.
    static let tree = """
        echo shell $$
        sleep 3600 & echo child $!
        setsid sleep 3600 & echo session $!
        (setsid sleep 3600 & echo orphan $!)
        wait
        """

    private func processes(of child: borrowing ChildProcess) async throws -> [Watched] {
        var processes: [Watched] = []
        for name in ["shell", "child", "session", "orphan"] {
            let words = try await child.nextLine().orThrow("a line").text.split(separator: " ")
            guard words.count == 2, words[0] == name else { throw Missing("\(name), not \(words)") }
            processes.append(try Watched(words[1]))
        }
        return processes
    }

    @Test("A lease that runs out takes the whole tree with it, and starts nothing more")
    func lost() async throws {
        let lease = try Lease(for: .seconds(5))
        let keeper = Keeper(lease, by: .seconds(5))
        let child = try lease.start(Program.script(Self.tree))
        let tree = try await processes(of: child)
        keeper.stop()
        await expectCode(.leaseLost) { try await child.finish() }
        for process in tree { #expect(await process.dies()) }
        #expect(lease.isLost && lease.deadline == nil)
        await expectCode(.leaseLost) { try lease.renew(until: .distantFuture) }
        await expectCode(.leaseLost) { try await Program("true").run(under: lease) }
        await lease.end()
    }

    @Test("A lease that is renewed lasts, and never gets shorter")
    func renewed() async throws {
        let lease = try Lease(for: .milliseconds(500))
        try lease.renew(until: .now + .seconds(3600))
        let deadline = lease.deadline
        try lease.renew(until: .now)
        #expect(lease.deadline == deadline)
        #expect(try await Program("sleep", ["1"]).run(under: lease).ending.isSuccess)
        #expect(!lease.isLost)
    }

    @Test("A lease that is over before its guard looks loses what was ordered under it")
    func past() async throws {
        let lease = try Lease(for: .seconds(-1))
        await expectCode(.leaseLost) { try await Program.script("sleep 3600").run(under: lease) }
    }

    @Test("The end of a lease ends the tree and the guard, and nobody is left unburied")
    func ended() async throws {
        let lease = try Lease(for: .seconds(3600))
        let guardian = try Watched(String(lease.guardID))
        let child = try lease.start(Program.script(Self.tree))
        let tree = try await processes(of: child)
        await lease.end()
        for process in tree + [guardian] {
            #expect(!process.lives)
            #expect(process.state == nil, "buried")
        }
        await expectCode(.leaseEnded) { try await child.finish() }
        await expectCode(.leaseEnded) { try await Program("true").run(under: lease) }
        await lease.end()
    }

    @Test("A lease that is dropped is ended")
    func dropped() async throws {
        var lease: Lease? = try Lease(for: .seconds(3600))
        let guardian = try Watched(String(#require(lease).guardID))
        let child = try #require(lease).start(Program.script(Self.tree))
        let tree = try await processes(of: child)
        lease = nil
        for process in tree + [guardian] { #expect(await process.dies()) }
        await expectCode(.leaseEnded) { try await child.finish() }
    }

    @Test("With the guard die its programs, and the worker learns of it")
    func guardKilled() async throws {
        let lease = try Lease(for: .seconds(3600))
        let child = try lease.start(Program.script(Self.tree))
        let tree = try await processes(of: child)
        kill(lease.guardID, SIGKILL)
        await expectCode(.guardLost) { try await child.finish() }
        // Those in the program's session. Who left it has nobody any more who knows of him.
        for process in tree.prefix(2) { #expect(await process.dies()) }
        for process in tree.dropFirst(2) { kill(process.id, SIGKILL) }
        await expectCode(.guardLost) { try await Program("true").run(under: lease) }
        await expectCode(.guardLost) { try lease.renew(until: .distantFuture) }
        await lease.end()
    }

    @Test("A guard that is frozen is found out and replaced by death")
    func guardFrozen() async throws {
        let lease = try Lease(for: .seconds(3600), patience: .seconds(5))
        let child = try lease.start(Program.script(Self.tree))
        let tree = try await processes(of: child)
        kill(lease.guardID, SIGSTOP)
        await expectCode(.guardLost) { try await Program("true").run(under: lease) }
        for process in tree.prefix(2) { #expect(await process.dies()) }
        for process in tree.dropFirst(2) { kill(process.id, SIGKILL) }
        await expectCode(.guardLost) { try await child.finish() }
    }

    @Test("A program that ends takes its group with it, and leaves the lease to who left it")
    func leftovers() async throws {
        let lease = try Lease(for: .seconds(3600))
        let script = """
            trap 'exit 0' USR1
            sleep 3600 & echo $!
            setsid sh -c "echo \\$\\$; kill -USR1 $$; exec sleep 3600" & wait
            """
        // It does not wait for those who hold its output.
        let result = try await Program.script(script).run(under: lease)
        #expect(result.ending.isSuccess && result.tail.count == 2)
        let ids = result.tail.map(\.text)
        #expect(Watched.isDead(ids[0]))
        let daemon = try Watched(ids[1])
        #expect(daemon.lives)
        await lease.end()
        #expect(!daemon.lives)
    }

    @Test("Many programs at once")
    func many() async throws {
        let lease = try Lease(for: .seconds(3600))
        let texts = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<64 {
                group.addTask {
                    let result = try await Program.script("echo \(number); exit \(number)").run(under: lease)
                    return "\(result.tail.map(\.text)) \(result.ending)"
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(texts == Set((0..<64).map { "[\"\($0)\"] ended with status \($0)" }))
        let children = try String(
            contentsOfFile: "/proc/\(lease.guardID)/task/\(lease.guardID)/children", encoding: .utf8)
        #expect(children.isEmpty, "every one is buried")
    }
}
