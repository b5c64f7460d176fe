import Contracts
import Foundation
import Glibc
import Postgres
import TestSupport
import Testing

/// A run of `init-server` whose worker is killed, frozen or stopped, or whose end is asked for, in the middle of a
/// playbook.
@Suite(.serialized, .servers, .logins) struct InitTakeoverTests {
    /// Brings two servers, of which nobody answers for the second, and begins to initialise them; returns when the
    /// first has come through its first task and waits in its second.
    private func begin(_ scene: InitScene, _ changes: [String: String] = [:]) throws -> RunningProcess {
        let session = try scene.bring([
            .init(ip: InitScene.addresses[0], port: scene.port), .init(ip: InitScene.addresses[1], port: 1),
        ])
        let worker = try scene.start(changes)
        try scene.ask(InitServer(session: session), id: "one")
        try eventually("the first task is done") {
            try scene.lines("one", place: InitScene.addresses[0], step: "Become root", state: "changed") == 1
                && scene.lines("one", state: "unreachable") == 1
        }
        #expect(try scene.servers("status") == ["CONFIGURING", "CONFIGURING"])
        return worker
    }

    @Test func oneThatIsCancelledLeavesNothingRunning() async throws {
        try await withInit { scene, _ in
            let worker = try begin(scene, ["RECIPES": try scene.recipes()])
            #expect(!InitScene.descendants(of: worker.id).isEmpty)
            let cancelled = try scene.cluster.run(
                "ruche", ["jobs", "cancel", scene.key("one").description, "--reason", "a test"])
            #expect(cancelled.status == 0, "\(cancelled)")
            #expect(try scene.log.outcome(of: "one").kind == .cancelled)
            try eventually("nothing runs") { InitScene.descendants(of: worker.id).isEmpty }
            // Of the first it is not known what it is; the second has a reason of its own.
            #expect(try scene.servers("status") == ["ERROR", "ERROR"])
            #expect(try scene.servers("fault") == ["cancelled", "unreachable-refused"])
            #expect(try scene.hasWholeLog("one"))
            #expect(try scene.cluster.hasNoRuns())
            #expect(worker.terminate() == 0)
        }
    }

    @Test func aKilledWorkersRunIsTakenOverAndEndsOnce() async throws {
        try await withInit { scene, gate in
            try scene.cluster.start("relay")
            let changes = ["RECIPES": try scene.recipes(), "RUN_LEASE": "5s"]
            let first = try begin(scene, changes)
            let programs = InitScene.descendants(of: first.id)
            first.kill()
            try scene.start(changes)
            try eventually("somebody else has it") {
                try scene.cluster.number("SELECT count(*) FROM run WHERE state = 'r' AND fence > 1") == 1
            }
            #expect(programs.filter(InitScene.isAlive) == [], "nothing of the first is left")
            #expect(try scene.servers("status") == ["CONFIGURING", "CONFIGURING"])
            gate.open()
            let event = try scene.log.outcome(of: "one")
            let done = try event.decode(ServersInitialised.self)
            #expect(event.kind == .succeeded && (done.configured, done.failed) == (1, 1), "\(done)")
            #expect(try scene.servers("status") == ["CONFIGURED", "ERROR"])
            #expect(scene.log.events.count { $0.subject == "one" && $0.kind.isFinal } == 1)
            #expect(try scene.hasWholeLog("one"))
            let key = scene.key("one")
            #expect(try scene.cluster.number("SELECT count(DISTINCT fence) FROM run_event WHERE key = \(key)") >= 2)
            #expect(try scene.cluster.hasNoRuns())
        }
    }

    @Test func aFrozenWorkersProgramsAreDeadBeforeAnotherBegins() async throws {
        try await withInit { scene, gate in
            try scene.cluster.start("relay")
            let changes = ["RECIPES": try scene.recipes(), "RUN_LEASE": "5s"]
            let first = try begin(scene, changes)
            let programs = InitScene.descendants(of: first.id)
            first.send(SIGSTOP)
            defer { first.send(SIGCONT) }
            try scene.start(changes)
            try eventually("somebody else has it") {
                try scene.cluster.number("SELECT count(*) FROM run WHERE state = 'r' AND fence > 1") == 1
            }
            // The guard is the frozen worker's own child and stays; its programs do not.
            let alive = programs.filter(InitScene.isAlive).filter { id in
                let words = (try? String(contentsOfFile: "/proc/\(id)/cmdline", encoding: .utf8)) ?? ""
                return !words.contains("--ruche-guard-process")
            }
            #expect(alive == [], "nothing of the first works")
            gate.open()
            #expect(try scene.log.outcome(of: "one").kind == .succeeded)
            first.send(SIGCONT)
            try first.waitForLine(containing: "a run was lost")
            #expect(try scene.servers("status") == ["CONFIGURED", "ERROR"])
            #expect(try scene.hasWholeLog("one"))
            #expect(scene.log.events.count { $0.subject == "one" && $0.kind.isFinal } == 1)
        }
    }

    @Test func whatAnEarlierHolderBeganWithIsNotWhatItWasWhenTheRunIsCancelled() async throws {
        try await withInit { scene, _ in
            try scene.cluster.start("relay")
            let changes = ["SHUTDOWN_GRACE": "3s", "RECIPES": try scene.recipes()]
            #expect(try begin(scene, changes).terminate() == 0)
            // With the next holder not even the first step comes through.
            try scene.start(["RECIPES": try scene.recipes("echo gate-first")])
            try eventually("the next has begun") {
                try scene.lines("one", step: "begin") == 2
                    && scene.cluster.number("SELECT count(*) FROM run WHERE state = 'r' AND fence > 1") == 1
            }
            let cancelled = try scene.cluster.run(
                "ruche", ["jobs", "cancel", scene.key("one").description, "--reason", "a test"])
            #expect(cancelled.status == 0, "\(cancelled)")
            #expect(try scene.log.outcome(of: "one").kind == .cancelled)
            #expect(try scene.servers("status") == ["ERROR", "ERROR"])
            #expect(try scene.servers("fault")[0] == "cancelled")
        }
    }

    @Test func theFirstKeyIsKeptAtOnceAndWhatIsImportedMeanwhileHolds() async throws {
        try await withInit { scene, gate in
            _ = try begin(scene, ["RECIPES": try scene.recipes()])
            let (own, other) = ("ssh-ed25519 \(scene.hostKey)", "ssh-ed25519 \(scene.otherHostKey)")
            try eventually("the key is kept") { try scene.servers("host_key") == [own, nil] }
            try scene.query("UPDATE server SET host_key = \(other) WHERE id = 1")
            gate.open()
            #expect(try scene.log.outcome(of: "one").kind == .succeeded)
            #expect(try scene.servers("status") == ["CONFIGURED", "ERROR"])
            #expect(try scene.servers("host_key") == [other, nil])
        }
    }

    @Test func noServerStaysAsItIsWorkedOnWhenNobodyHasTheRun() async throws {
        try await withInit { scene, _ in
            let changes = ["RECIPES": try scene.recipes(), "RUN_LEASE": "10m", "SHUTDOWN_GRACE": "3s"]
            let worker = try begin(scene, changes)
            #expect(worker.terminate() == 0)
            #expect(try scene.cluster.number("SELECT count(*) FROM run WHERE state = 'q'") == 1)
            #expect(try scene.servers("status") == ["CONFIGURING", "CONFIGURING"])
            // Nothing that was said until then is lost.
            #expect(try scene.lines("one", step: "handed over") == 1 && scene.hasWholeLog("one"))
            // By whoever may not write to servers.
            let cancelled = try scene.cluster.run(
                "ruche", ["jobs", "cancel", scene.key("one").description, "--reason", "a test"])
            #expect(cancelled.output.contains("1 of 1 jobs cancelled"), "\(cancelled)")
            #expect(try scene.servers("status") == ["ERROR", "ERROR"])
            #expect(try scene.servers("fault") == ["not-reached", "not-reached"])
            #expect(try scene.cluster.hasNoRuns())
        }
    }
}
