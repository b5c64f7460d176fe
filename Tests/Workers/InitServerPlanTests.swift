import Ansible
import Contracts
import Runtime
import Testing

@testable import InitServerWorker

/// Which servers a run is for, and what it leaves them as.
@Suite struct InitServerPlanTests {
    private let found = [
        FoundServer(id: 3, ip: "192.0.2.3", status: .error), FoundServer(id: 1, ip: "192.0.2.1", status: .pending),
        FoundServer(id: 2, ip: "192.0.2.2", status: .configured),
        FoundServer(id: 4, ip: "192.0.2.4", status: .configuring),
    ]

    @Test func whatFailedIsTriedAgainOnlyWhenItIsAskedFor() {
        let all = InitMark(found, only: .all)
        #expect(all.planned.map(\.id) == [1, 2, 4] && all.skipped.map(\.server) == [3])
        #expect(all.skipped.map(\.reason) == ["failed-before"] && all.skipped.allSatisfy { $0.outcome == .skipped })
        #expect(all.planned.map(\.before) == [.pending, .configured, .configuring])
        let failed = InitMark(found, only: .failed)
        #expect(failed.planned.map(\.id) == [3] && failed.skipped.map(\.server) == [1, 2, 4])
        #expect(Set(failed.skipped.map(\.reason)) == ["not-failed"])
        #expect(InitMark([], only: .all).left.isEmpty)
    }

    @Test func aCheckpointSaysWhatIsLeft() throws {
        var mark = InitMark(found, only: .all)
        mark.done = [DoneServer(id: 2, changed: 7, hostKey: "ssh-ed25519 AAAA")]
        let read = try InitMark(json: mark.json())
        #expect(read == mark && read.left.map(\.id) == [1, 4])
        #expect(read.targets == ["server:1", "server:2", "server:4"])
        let endings = read.endings(by: .base)
        #expect(endings.map(\.id) == [2] && endings.allSatisfy { $0.status == .configured && $0.isMade })
        #expect(endings.map(\.result) == [ServerResult(server: 2, ip: "192.0.2.2", outcome: .configured, changed: 7)])
    }

    @Test func onlyARecipeThatMakesServersMakesOrSpoilsThem() {
        let server = PlannedServer(found[2])
        let done = DoneServer(id: 2, changed: 0, hostKey: nil)
        let failure = HostFailure(.diskFull, task: "t", message: "m")
        #expect(ServerEnding(done, server, by: .base).status == .configured)
        #expect(ServerEnding(failure, server, hostKey: nil, by: .base).status == .error)
        #expect(ServerEnding(untouched: server, by: .base).status == .configured)
        let looked = ServerEnding(done, server, by: .check)
        #expect(looked.status == nil && looked.isDone && !looked.isMade && looked.isJudged)
        let wrong = ServerEnding(failure, server, hostKey: nil, by: .check)
        #expect(wrong.status == nil && wrong.isJudged && wrong.result.reason == "disk-full")
        #expect(!ServerEnding(untouched: server, by: .base).isJudged, "what was wrong with it still is")
    }

    @Test func thereAreNoOtherRecipes() throws {
        #expect(try Recipe.named("base") == .base && Recipe.named("check") == .check)
        for name in ["", "Base", "../base", "base.yaml"] {
            let rejection = #expect(throws: Rejection.self) { try Recipe.named(name) }
            #expect(rejection?.consequence == .refuse && rejection?.reason.reason == "unknown-recipe")
            #expect(rejection?.reason.message.contains("base, check") == true)
        }
    }

    @Test func aFaultOfTheWholeRunIsTypedAndARejectionPasses() {
        struct Stranger: Error {}
        let noTasks = AnsibleError(.noTasks, "none")
        #expect(Rejection(fault: noTasks).reason.reason == "recipe-unreadable")
        #expect(Rejection(fault: noTasks).consequence == .retry)
        #expect(Rejection(fault: Rejection.refused("a", "b")).reason.reason == "a")
        #expect(Rejection(fault: Stranger()).consequence == .retry)
        #expect(Rejection.transient("timed-out", "").reasonForServers == .timedOut)
        #expect(Rejection(.cancel, Reason(reason: "cancelled", message: "x")).reasonForServers == .cancelled)
        #expect(Rejection.transient("ansible-failed", "").reasonForServers == .notReached)
    }
}
