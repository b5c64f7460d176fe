import Foundation
import Processes
import Testing

/// What becomes of programs when the worker that runs them is killed or frozen: real processes, real signals.
@Suite("The death of a worker")
struct WorkerDeathTests {
    private func tree(of worker: ProbeWorker) async throws -> (guardian: Watched, tree: [Watched]) {
        let guardian = try await worker.process("guard")
        var tree: [Watched] = []
        for name in ["shell", "child", "session", "orphan"] { tree.append(try await worker.process(name)) }
        return (guardian, tree)
    }

    @Test("A worker that is killed takes the whole tree with it", arguments: [false, true])
    func killed(withItsGroup: Bool) async throws {
        let worker = try ProbeWorker(3_600_000, LeaseTests.tree)
        let (guardian, tree) = try await tree(of: worker)
        #expect(getpgid(worker.process.id) == worker.process.id)
        #expect(kill(withItsGroup ? -worker.process.id : worker.process.id, SIGKILL) == 0)
        for process in tree + [guardian] { #expect(await process.dies()) }
    }

    @Test("The guard heeds no request to end while its worker lives", arguments: [SIGTERM, SIGINT, SIGHUP, SIGPIPE])
    func asked(signal: Int32) async throws {
        let worker = try ProbeWorker(3_600_000, LeaseTests.tree + "; echo never")
        let (guardian, tree) = try await tree(of: worker)
        kill(guardian.id, signal)
        // Had it died, so would have the program, before this.
        kill(tree[1].id, SIGKILL)
        #expect(await tree[1].dies())
        #expect(guardian.lives && tree[0].lives)
        kill(worker.process.id, SIGKILL)
        for process in tree + [guardian] { #expect(await process.dies()) }
    }

    @Test("What a frozen worker runs is dead when its lease has run out, before it thaws")
    func frozen() async throws {
        let worker = try ProbeWorker(5000, LeaseTests.tree)
        let (guardian, tree) = try await tree(of: worker)
        await worker.freeze()
        for process in tree { #expect(await process.dies()) }
        #expect(worker.process.state == "T", "still frozen")
        #expect(guardian.lives)
        kill(-worker.process.id, SIGCONT)
        #expect(await worker.line() == "lease-lost")
        for process in [worker.process, guardian] { #expect(await process.dies()) }
    }

    @Test("A program dies with its guard when the worker is frozen and can do nothing")
    func guardKilled() async throws {
        let worker = try ProbeWorker(3_600_000, LeaseTests.tree)
        let (guardian, tree) = try await tree(of: worker)
        await worker.freeze()
        kill(guardian.id, SIGKILL)
        #expect(await tree[0].dies())
        #expect(tree[1].lives, "the kernel's signal reaches the program alone")
        kill(worker.process.id, SIGCONT)
        #expect(await worker.line() == "guard-lost")
        #expect(await tree[1].dies())
        for process in tree.dropFirst(2) { kill(process.id, SIGKILL) }
    }

    @Test("A frozen program is killed as well as another")
    func frozenProgram() async throws {
        let worker = try ProbeWorker(3_600_000, LeaseTests.tree)
        let (_, tree) = try await tree(of: worker)
        for process in tree { kill(process.id, SIGSTOP) }
        kill(worker.process.id, SIGKILL)
        for process in tree { #expect(await process.dies()) }
    }
}
