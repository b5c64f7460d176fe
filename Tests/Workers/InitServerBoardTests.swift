import Contracts
import Runtime
import Testing

@testable import Ansible
@testable import InitServerWorker

/// What people are shown of a run, what is kept of it, and its log.
@Suite struct InitServerBoardTests {
    private let servers = [
        FleetServer(
            id: 1, ip: "192.0.2.1", port: 22, user: "root", password: .clear("pw"), isOperated: false, hostKey: nil,
            hasBegun: false),
        FleetServer(
            id: 2, ip: "192.0.2.2", port: 2222, user: "root", password: .none, isOperated: false, hostKey: nil,
            hasBegun: false),
    ]
    private let mark = InitMark(
        [
            FoundServer(id: 1, ip: "192.0.2.1", status: .pending),
            FoundServer(id: 2, ip: "192.0.2.2", status: .configured),
            FoundServer(id: 3, ip: "192.0.2.3", status: .pending),
        ], only: .all)

    private func result(
        _ host: String, _ task: String, _ status: TaskResult.Status, _ message: String = ""
    ) -> PlayEvent {
        .result(TaskResult(host: host, task: task, status: status, message: message))
    }

    /// A board that has heard these events.
    private func board(_ events: [PlayEvent], alarms: inout [Int]) -> PlayBoard {
        var board = PlayBoard(mark, servers, taskCount: 2)
        var record = PlayRecord(hosts: ["192.0.2.1": true, "192.0.2.2": false], taskCount: 2)
        for event in events {
            record.take(event)
            if let id = board.take(event, record) { alarms.append(id) }
        }
        return board
    }

    @Test func aServerIsDoneWithItsLastTask() {
        var alarms: [Int] = []
        let board = board(
            [
                result("192.0.2.1", "a", .changed), result("192.0.2.2", "a", .ok), result("192.0.2.1", "b", .changed),
                result("elsewhere", "b", .ok),
            ], alarms: &alarms)
        #expect(board.mark.done == [DoneServer(id: 1, changed: 2, hostKey: nil)] && board.isAhead && board.isNew)
        #expect(board.mark.left.map(\.id) == [2, 3] && alarms == [])
        let progress = board.progress
        #expect(progress.places?.map(\.state) == [.done, .running, .waiting])
        #expect(progress.places?.map(\.place) == ["192.0.2.1", "192.0.2.2", "192.0.2.3"])
        #expect((progress.done, progress.total) == (3, 6) && progress.text == "1 of 3 servers are done.")
        var settled = board
        settled.settle()
        #expect(!settled.isAhead && !settled.isNew)
    }

    @Test func aFailureIsShownAndAChangedKeyIsAnAlarm() {
        var alarms: [Int] = []
        let board = board(
            [
                result("192.0.2.1", "a", .unreachable, "REMOTE HOST IDENTIFICATION HAS CHANGED"),
                result("192.0.2.2", "a", .failed, "No space left on device"),
            ], alarms: &alarms)
        #expect(alarms == [1])
        #expect(board.progress.places?.map(\.state) == [.failed, .failed, .waiting])
        #expect(board.progress.text == "0 of 3 servers are done, 2 failed.")
        #expect(board.mark.done.isEmpty)
    }

    @Test func whatAnEndedRunLeaves() {
        var alarms: [Int] = []
        let board = board(
            [
                result("192.0.2.1", "a", .ok), result("192.0.2.1", "b", .ok), result("192.0.2.2", "a", .ok),
            ], alarms: &alarms)
        let endings = mark.planned.map { board.ending($0, stopped: .cancelled, by: .base) }
        #expect(endings.map(\.status) == [.configured, .error, .pending])
        #expect(endings.map(\.failure?.reason) == [nil, .cancelled, nil])
        #expect(endings.map(\.isMade) == [true, false, false] && endings.map(\.isJudged) == [true, true, false])
        let looked = mark.planned.map { board.ending($0, stopped: .cancelled, by: .check) }
        #expect(looked.map(\.status) == [nil, nil, nil])
    }

    @Test func whatAnEarlierHolderBeganWithMayBeHalfDone() {
        var servers = servers
        servers[0].isResumed = true
        let board = PlayBoard(mark, servers, taskCount: 2)
        let endings = mark.planned.map { board.ending($0, stopped: .cancelled, by: .base) }
        #expect(endings.map(\.status) == [.error, .configured, .pending])
        #expect(endings.map(\.failure?.reason) == [.cancelled, nil, nil])
    }

    @Test func theFirstKeyOfAServerIsKeptAndNoOther() {
        var servers = servers
        servers[1].hostKey = "SHA256:x"
        var board = PlayBoard(mark, servers, taskCount: 2)
        var record = PlayRecord(hosts: ["192.0.2.1": true, "192.0.2.2": false], taskCount: 2)
        // A refusal comes after the key.
        let refused = result("192.0.2.1", "a", .unreachable, "Invalid/incorrect password")
        let mayBeKnown = record.take(refused)
        #expect(mayBeKnown)
        record.knownHosts = Array("192.0.2.1 ssh-ed25519 AAAA\n[192.0.2.2]:2222 ssh-ed25519 BBBB\n".utf8)
        for event in [refused, result("192.0.2.2", "a", .ok)] { _ = board.take(event, record) }
        #expect(board.newKeys == [1: "ssh-ed25519 AAAA"])
        board.settle(board.newKeys)
        record.knownHosts = Array("192.0.2.1 ssh-ed25519 CCCC\n".utf8)
        _ = board.take(result("192.0.2.1", "b", .ok), record)
        #expect(board.newKeys.isEmpty)
    }

    @Test func theLogHasALineForEachEventAndSaysThatATaskBeginsOnce() {
        var lines = EventLines(places: ["server-2": "[192.0.2.2]:2222"])
        let events: [PlayEvent] = [
            .playStarted(name: "base"), .taskStarted(name: "a"), .taskStarted(name: "a"),
            .result(TaskResult(host: "server-2", task: "a", status: .failed, message: "m", errors: "e", output: "o")),
            .taskStarted(name: "b"), .taskStarted(name: "a"),
            .statistics(["server-2": HostStatistics(ok: 1, failures: 1)]), .note("n"),
        ]
        let made = events.flatMap { lines.take($0) }
        #expect(made.map(\.state) == [.started, .started, .failed, .started, .note, .note])
        #expect(made.map(\.step) == ["base", "a", "a", "b", "statistics", "ansible"])
        #expect(made.map(\.place) == ["", "", "[192.0.2.2]:2222", "", "[192.0.2.2]:2222", ""])
        #expect(made[2].text == "m\ne\no")
    }
}
