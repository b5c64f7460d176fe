import Ansible
import Testing

@Suite("What came of hosts")
struct OutcomeTests {
    private func record(_ name: String, _ hosts: [String: Bool], taskCount: Int = 22) throws -> PlayRecord {
        let checks: [String: HostFailure.Reason] = [
            "Check the room on the disk": .diskFull, "base : Check the system": .wrongSystem,
        ]
        var record = PlayRecord(hosts: hosts, taskCount: taskCount, checks: checks)
        let reader = EventReader()
        for line in try Fixture.lines(name) { if let event = reader.read(line) { record.take(event) } }
        return record
    }

    @Test(
        "Recorded failures have their reason, their task and their words",
        arguments: [
            ("wrong-password", "192.0.2.4", "wrong-password", "Become root", "Invalid/incorrect password"),
            ("unreachable-refused", "192.0.2.4", "unreachable-refused", "Become root", "Connection refused"),
            ("unreachable-timeout", "192.0.2.7", "unreachable-timeout", "Become root", "timed out"),
            ("hung-from-the-start", "192.0.2.5", "unreachable-timeout", "Become root", "timed out"),
            ("hung-midway-quick-task", "192.0.2.5", "hung", "Fetch the lists of packages", "could not be sent"),
            ("hung-midway-long-task", "192.0.2.5", "hung", "Install and update packages", "could not be sent"),
            ("lost-midway", "192.0.2.5", "hung", "Fetch the packages", "could not be sent"),
            ("host-key-changed", "192.0.2.4", "host-key-changed", "Become root", "IDENTIFICATION HAS CHANGED"),
            ("sudo-missing-password", "192.0.2.4", "sudo-missing-password", "Become root", "Missing sudo password"),
            ("sudo-incorrect-password", "192.0.2.4", "sudo-incorrect-password", "Become root", "Incorrect sudo"),
            ("sudo-not-allowed", "192.0.2.4", "sudo-not-allowed", "Become root", "closed"),
            ("disk-full-preflight", "192.0.2.4", "disk-full", "Check the room on the disk", "are needed"),
            ("disk-full-packages", "192.0.2.4", "disk-full", "Fetch the packages", "enough free space"),
            ("disk-full-write", "192.0.2.4", "disk-full", "Write the settings", "No space left"),
            ("packages-unreachable", "192.0.2.4", "packages-unreachable", "Fetch the lists of packages", "Failed"),
            ("wrong-system", "192.0.2.4", "wrong-system", "Check the system", "is not among"),
        ])
    func recorded(name: String, host: String, code: String, task: String, words: String) throws {
        let record = try record(name, [host: true])
        guard case .failed(let failure)? = record.outcomes()[host] else {
            Issue.record("a failure")
            return
        }
        #expect(failure.reason.rawValue == code)
        #expect(failure.task == "base : \(task)")
        #expect(failure.message.contains(words), "\(failure.message)")
        #expect(failure.description.hasPrefix(failure.reason.sentence))
        #expect(record.progress(of: host) < 1)
    }

    @Test("Hosts of one run fare each on their own, and others are nobody's")
    func mixed() throws {
        let hosts = ["192.0.2.1": false, "192.0.2.2": false, "192.0.2.9": true, "192.0.2.8": true]
        let outcomes = try record("mixed-ok-failed-unreachable", hosts).outcomes()
        #expect(outcomes.count == 4 && outcomes["192.0.2.1"] == .done(changed: 0))
        #expect(reason(outcomes["192.0.2.2"]) == .wrongSystem)
        #expect(reason(outcomes["192.0.2.9"]) == .unreachableRefused)
        #expect(reason(outcomes["192.0.2.8"]) == .notReached)
        #expect(try record("mixed-ok-failed-unreachable", [:]).outcomes() == [:])
    }

    private func reason(_ outcome: HostOutcome?) -> HostFailure.Reason? {
        if case .failed(let failure)? = outcome { failure.reason } else { nil }
    }

    private func result(_ status: TaskResult.Status, _ message: String = "", errors: String = "") -> PlayEvent {
        .result(TaskResult(host: "h", task: "t", status: status, message: message, errors: errors))
    }

    @Test(
        "Words of ssh that were not recorded",
        arguments: [
            ("ssh: Could not resolve hostname x: Name or service not known", "unreachable-name", true),
            ("ssh: connect to host x port 22: No route to host", "unreachable-no-route", true),
            ("ssh: connect to host x port 22: Network is unreachable", "unreachable-no-route", true),
            ("remote username contains invalid characters", "bad-login", true),
            ("Unable to negotiate: no matching host key type found. Their offer: x", "host-key-changed", true),
            ("root@x: Permission denied (publickey,password).", "wrong-password", true),
            ("root@x: Permission denied (publickey,password).", "key-refused", false),
            ("kex_exchange_identification: Connection closed by remote host", "unreachable-refused", true),
            ("Connection reset by 192.0.2.1 port 22", "unreachable-refused", true),
            ("Host key verification failed.", "host-key-changed", true),
            ("something else", "unreachable", true),
        ])
    func words(words: String, code: String, usesPassword: Bool) {
        var record = PlayRecord(hosts: ["h": usesPassword], taskCount: 3)
        record.take(result(.unreachable, "Failed to connect to the host via ssh: \(words)"))
        #expect(reason(record.outcomes()["h"])?.rawValue == code)
    }

    @Test("A connection that breaks after it was there is hung; a stall of sudo, too")
    func broken() {
        var record = PlayRecord(hosts: ["h": true], taskCount: 3)
        record.take(result(.ok))
        record.take(result(.unreachable, "Connection reset by 192.0.2.1 port 22"))
        #expect(reason(record.outcomes()["h"]) == .hung)
        record = PlayRecord(hosts: ["h": true], taskCount: 3)
        record.take(result(.failed, "Timeout (12s) waiting for privilege escalation prompt: "))
        #expect(reason(record.outcomes()["h"]) == .hung)
    }

    @Test("What a task says of logging in is not about this login")
    func elsewhere() {
        var record = PlayRecord(hosts: ["h": true], taskCount: 3)
        record.take(result(.failed, "non-zero return code", errors: "git@x: Permission denied (publickey)."))
        #expect(reason(record.outcomes()["h"]) == .taskFailed)
    }

    @Test("A failure that the playbook ignores or rescues is none")
    func ignored() {
        var record = PlayRecord(hosts: ["h": true], taskCount: 2)
        record.take(result(.failed, "x"))
        #expect(reason(record.outcomes()["h"]) == .taskFailed)
        record.take(result(.ok))
        #expect(reason(record.outcomes()["h"]) == .notReached)
        record.take(result(.failed, "x"))
        record.take(.statistics(["h": HostStatistics(ok: 1, changed: 1, ignored: 2)]))
        #expect(record.outcomes() == ["h": .done(changed: 1)])
    }

    @Test("A failure whose line could not be read is one all the same")
    func unread() {
        var record = PlayRecord(hosts: ["h": true], taskCount: 2)
        record.take(result(.ok))
        record.take(.statistics(["h": HostStatistics(ok: 1, failures: 1)]))
        #expect(record.outcomes() == ["h": .failed(HostFailure(.taskFailed, task: "t"))])
        record.take(.statistics(["h": HostStatistics(ok: 1, unreachable: 1)]))
        #expect(reason(record.outcomes()["h"]) == .unreachable)
    }

    @Test("What ended the run is the reason of those that were not done, and of them alone")
    func stopped() {
        var record = PlayRecord(hosts: ["h": true, "g": true], taskCount: 2)
        record.take(.note("[WARNING]: x"))
        record.take(.note("ERROR! the playbook is not there"))
        #expect(
            record.outcomes()["g"] == .failed(HostFailure(.notReached, message: "ERROR! the playbook is not there")))
        record.take(result(.failed, "x"))
        let outcomes = record.outcomes(stopped: .timedOut)
        #expect(reason(outcomes["h"]) == .taskFailed && reason(outcomes["g"]) == .timedOut)
    }

    @Test("Progress grows, and not beyond the whole")
    func progress() throws {
        var record = PlayRecord(hosts: ["192.0.2.1": false], taskCount: 15)
        let reader = EventReader()
        var last = 0.0
        var steps = 0
        for line in try Fixture.lines("one-first") {
            if let event = reader.read(line) { record.take(event) }
            let progress = record.progress(of: "192.0.2.1")
            #expect(progress >= last && progress <= 1)
            if progress > last { steps += 1 }
            last = progress
        }
        #expect(last == 1 && steps == 15)
        #expect(record.progress(of: "elsewhere") == 0)
        record = PlayRecord(hosts: ["h": true], taskCount: 0)
        record.take(result(.ok))
        #expect(record.progress(of: "h") == 1)
    }

    @Test("Codes are words with hyphens, and every reason has a sentence of its own")
    func reasons() {
        let all = HostFailure.Reason.allCases
        #expect(all.allSatisfy { $0.rawValue.wholeMatch(of: /[a-z]+(-[a-z]+)*/) != nil })
        #expect(Set(all.map(\.sentence)).count == all.count && all.allSatisfy { $0.sentence.hasSuffix(".") })
        let failure = HostFailure(.taskFailed, task: "t", message: String(repeating: "x", count: 9000))
        #expect(failure.message.utf8.count < 2060)
    }
}
