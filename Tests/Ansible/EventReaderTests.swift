import Ansible
import Testing

@Suite("What ansible says")
struct EventReaderTests {
    private let reader = EventReader()

    @Test("A recorded run, event by event")
    func recorded() throws {
        let events = try Fixture.lines("mixed-ok-failed-unreachable").compactMap { reader.read($0) }
        #expect(events.first == .playStarted(name: "base"))
        #expect(!events.contains { if case .note = $0 { true } else { false } })
        let results = events.compactMap { if case .result(let result) = $0 { result } else { nil } }
        let statuses = Dictionary(grouping: results, by: \.host).mapValues { $0.last?.status }
        #expect(statuses == ["192.0.2.1": .ok, "192.0.2.2": .failed, "192.0.2.9": .unreachable])
        #expect(results.contains { $0.host == "192.0.2.1" && $0.status == .skipped })
        let failed = try #require(results.first { $0.status == .failed })
        #expect(failed.task == "base : Check the system" && failed.message == "debian 12 is not among debian 13")
        guard case .statistics(let statistics)? = events.last else {
            Issue.record("statistics come last")
            return
        }
        #expect(statistics["192.0.2.2"]?.failures == 1 && statistics["192.0.2.9"]?.unreachable == 1)
        #expect(
            statistics["192.0.2.1"]
                == HostStatistics(ok: results.count { $0.host == "192.0.2.1" && $0.status != .skipped }, changed: 0))
    }

    @Test("What is changed is said to be")
    func changed() throws {
        let events = try Fixture.lines("one-first").compactMap { reader.read($0) }
        let count = events.count { if case .result(let result) = $0 { result.status == .changed } else { false } }
        guard case .statistics(let statistics)? = events.last else {
            Issue.record("statistics come last")
            return
        }
        #expect(count > 5 && statistics["192.0.2.1"]?.changed == count)
    }

    @Test(
        "A line that is no event is a note",
        arguments: [
            "[WARNING]: provided hosts list is empty", "{", "{}", "[]", "null", "{\"_event\":1}", "{\"_event\":null}",
            "{\"_event\":\"v2_runner_on_ok\"} trailing", "ERROR! the role 'x' was not found",
            "{\"_event\":\"v2_runner_on_ok\",\"hosts\":{\"a\":{\"n\":NaN}}}",
        ])
    func notes(line: String) {
        #expect(reader.read(line) == .note(line))
    }

    @Test("Empty lines and strange events say nothing")
    func nothing() {
        #expect(reader.read("") == nil && reader.read(" \r") == nil && reader.note("\t") == nil)
        #expect(reader.read("{\"_event\":\"v2_playbook_on_something\"}") == nil)
    }

    @Test("Wrong types, huge numbers and deep nesting break nothing")
    func wrong() {
        func result(_ host: String, _ task: String = "{\"name\":\"t\"}") -> PlayEvent? {
            reader.read("{\"_event\":\"v2_runner_on_ok\",\"hosts\":\(host),\"task\":\(task)}")
        }
        let plain = PlayEvent.result(TaskResult(host: "h", task: "t", status: .ok))
        for body in [
            "{}", "[]", "null", "1e999", "\"x\"", "{\"msg\":7}", "{\"msg\":{\"a\":[]}}", "{\"changed\":\"true\"}",
            "{\"stdout\":[\"x\"]}", "{\"changed\":99999999999999999999999999}",
        ] {
            #expect(result("{\"h\":\(body)}") == plain, "\(body)")
        }
        for task in ["null", "[]", "{}", "{\"name\":[1]}", "\"t\""] {
            #expect(result("{\"h\":{}}", task) == .result(TaskResult(host: "h", task: "", status: .ok)), "\(task)")
        }
        for hosts in ["{}", "[]", "null", "7", "{\"a\":{},\"b\":{}}"] {
            #expect(result(hosts) == .note("a result without a host"), "\(hosts)")
        }
        let numbers = "{\"h\":{\"ok\":-5,\"failures\":1e400,\"changed\":99999999999999999999,\"ignored\":\"2\"}}"
        #expect(
            reader.read("{\"_event\":\"v2_playbook_on_stats\",\"stats\":\(numbers)}")
                == .statistics(["h": HostStatistics()]))
        #expect(reader.read("{\"_event\":\"v2_playbook_on_stats\"}") == .note("statistics without hosts"))
        let deep = String(repeating: "[", count: 100_000)
        guard case .note(let note)? = result("{\"h\":\(deep)") else {
            Issue.record("a note")
            return
        }
        #expect(note.utf8.count < 9000)
    }

    @Test("Every beginning of a line, and any byte changed, is read without a crash")
    func damage() throws {
        var random = SplitMix(7)
        for line in try Fixture.lines("packages-unreachable") {
            let bytes = Array(line.utf8)
            for _ in 0..<50 {
                let end = Int.random(in: 0..<bytes.count, using: &random)
                let beginning = String(decoding: bytes[..<end], as: UTF8.self)
                if let event = reader.read(beginning) {
                    guard case .note = event else {
                        Issue.record("a note, not \(event)")
                        continue
                    }
                }
                var damaged = bytes
                damaged[end] = UInt8.random(in: 0...255, using: &random)
                _ = reader.read(String(decoding: damaged, as: UTF8.self))
            }
            #expect(reader.read(line, isCut: true).map { if case .note = $0 { true } else { false } } == true)
        }
    }

    @Test("Texts are cut at whole characters, and what is no text in them is repaired")
    func texts() {
        let text = String(repeating: "é", count: 10_000)
        let host = "{\"failed\":true,\"msg\":\"\(text)\",\"stderr\":\"\(text)end\",\"stdout\":\"\\udc80\\u0000x\"}"
        guard
            case .result(let result)? = reader.read(
                "{\"_event\":\"v2_runner_on_failed\",\"hosts\":{\"h\":\(host)},\"task\":{\"name\":\"\(text)\"}}")
        else {
            Issue.record("a result")
            return
        }
        #expect(result.message == String(repeating: "é", count: 4096) + "…")
        #expect(result.errors.hasPrefix("…é") && result.errors.hasSuffix("éend") && result.errors.utf8.count < 8200)
        #expect(result.output == "\u{FFFD}\u{FFFD}x")
        #expect(result.task == String(repeating: "é", count: 128) + "…")
    }

    @Test("The most telling text is the summary")
    func summary() {
        func summary(_ message: String, _ errors: String = "", _ output: String = "") -> String {
            TaskResult(host: "h", task: "t", status: .failed, message: message, errors: errors, output: output).summary
        }
        #expect(summary("clear", "errors") == "clear")
        #expect(summary("non-zero return code", "\r\n", " output \n") == "output")
        #expect(summary("non-zero return code", "E: x", "output") == "E: x")
        #expect(summary("non-zero return code") == "non-zero return code")
        #expect(summary("") == "")
    }
}
