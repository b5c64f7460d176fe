import Testing

@testable import Contracts

/// What a message of logs is read as, and what is left out of it.
struct LogReadingTests {
    private func read(_ json: String) throws -> IngestLogs { try IngestLogs(json: Array(json.utf8)) }

    private func stream(_ json: String) throws -> LogStream {
        try #require(try read(#"{"streams":[\#(json)]}"#).streams?.first)
    }

    private func record(_ json: String) throws -> LogRecord {
        try #require(try read(#"{"records":[\#(json)]}"#).records?.first)
    }

    @Test("Loki's form is read with its labels in order, its nanoseconds and its metadata")
    func loki() throws {
        let stream = try stream(
            #"""
            {"stream":{"job":"shop","host":"web-1","empty":""},"values":[
                ["1777888800123456789","first"],
                ["1777888800123456790","seç\"ond",{"trace_id":"abc","level":"WARN","size":12}]]}
            """#)
        #expect(text(stream.labels.json) == #"{"host":"web-1","job":"shop","service_name":"shop"}"#)
        #expect(stream.entries.map(\.time) == [1_777_888_800_123_456_789, 1_777_888_800_123_456_790])
        #expect(stream.entries.map(\.line) == ["first", "seç\"ond"])
        #expect(stream.entries.map(\.severity) == [nil, .warn])
        #expect(stream.entries.map(\.place) == [0, 1])
        let metadata = try #require(stream.entries[1].metadata)
        #expect(text(metadata.json) == #"{"trace_id":"abc","level":"WARN","size":"12"}"#)
        #expect(stream.rejections.list.isEmpty)
    }

    @Test(
        "A line at fault is left out alone",
        arguments: [
            (#"["12x","a"]"#, "time-invalid", "/values/1/0"),
            (#"["-1","a"]"#, "time-invalid", "/values/1/0"),
            (#"["99999999999999999999","a"]"#, "time-invalid", "/values/1/0"),
            (#"[1,"a"]"#, "wrong-type", "/values/1/0"),
            (#"["1",{}]"#, "wrong-type", "/values/1/1"),
            (#"["1"]"#, "missing-field", "/values/1"),
            (#"["1","a",{},4]"#, "out-of-range", "/values/1"),
            (#"["1","a","b"]"#, "wrong-type", "/values/1/2"),
            (#"{"ts":"1"}"#, "wrong-type", "/values/1"),
        ])
    func badLine(entry: String, code: String, pointer: String) throws {
        let stream = try stream(#"{"stream":{"a":"b"},"values":[["1","x"],\#(entry),["3","z"]]}"#)
        #expect(stream.entries.map(\.line) == ["x", "z"])
        #expect(stream.entries.map(\.place) == [0, 2])
        #expect(stream.rejections.list.map(\.code) == [code])
        #expect(stream.rejections.list.map(\.pointer) == [pointer])
        #expect(stream.rejections.count == 1)
    }

    @Test(
        "A stream at fault is left out with all its lines, and the others are kept",
        arguments: [
            (#"{"stream":{},"values":[["1","x"],["2","y"]]}"#, "labels-missing", "/stream", 2),
            (#"{"values":[["1","x"],["2","y"]],"stream":{"1a":"b"}}"#, "label-name-invalid", "/stream/1a", 2),
            (#"{"stream":{"a-b":"c"},"values":[["1","x"]]}"#, "label-name-invalid", "/stream/a-b", 1),
            (#"{"stream":{"a":"b"},"stream":{"a":"c"},"values":[]}"#, "duplicate-field", "/stream", 1),
            (#"{"stream":{"a":"b"}}"#, "missing-field", "/values", 1),
            (#"{"stream":"{a=1}","values":[["1","x"]]}"#, "wrong-type", "/stream", 1),
            ("5", "wrong-type", "", 1),
        ])
    func badStream(json: String, code: String, pointer: String, count: Int) throws {
        let streams = try #require(
            try read(#"{"streams":[\#(json),{"stream":{"a":"b"},"values":[["1","kept"]]}]}"#).streams)
        #expect(streams.count == 2)
        #expect(streams[0].entries.isEmpty)
        #expect(streams[0].rejections.list.map(\.code) == [code])
        #expect(streams[0].rejections.list.map(\.pointer) == [pointer])
        #expect(streams[0].rejections.count == count)
        #expect(streams[1].entries.map(\.line) == ["kept"])
    }

    @Test("Labels have their limits, service_name beside them")
    func labelLimits() throws {
        let fifteen = Dictionary(uniqueKeysWithValues: (1...15).map { ("l\($0)", "x") })
        let labels = try LogLabels(fifteen)
        #expect(text(labels.json).contains(#""service_name":"unknown_service""#))
        #expect(throws: Fault.self) { try LogLabels(fifteen.merging(["l16": "x"]) { $1 }) }
        #expect(throws: Fault.self) { try LogLabels(["a": String(repeating: "x", count: 2049)]) }
        #expect(throws: Fault.self) { try LogLabels([String(repeating: "x", count: 1025): "a"]) }
        #expect(try LogLabels(["app": "shop", "container": "c"]) == LogLabels(["container": "c", "app": "shop"]))
        #expect(text(try LogLabels(["container": "c", "app": "shop"]).json).hasSuffix(#""service_name":"shop"}"#))
        #expect(try LogLabels(["a": "b", "level": "Warning"]).severity == .warn)
    }

    @Test("A line or its metadata has a limit")
    func lineLimits() throws {
        let long = String(repeating: "x", count: LogLimits.line)
        let kept = try stream(#"{"stream":{"a":"b"},"values":[["1","\#(long)"],["2","\#(long)x"]]}"#)
        #expect(kept.entries.count == 1)
        #expect(kept.rejections.list.map(\.code) == ["line-too-long"])
        let big = String(repeating: "x", count: LogLimits.metadata)
        let bare = try stream(#"{"stream":{"a":"b"},"values":[["1","x",{"a":"\#(big)"}],["2","y",{}]]}"#)
        #expect(bare.rejections.list.map(\.code) == ["metadata-too-large"])
        #expect(bare.entries.map(\.metadata) == [nil])
    }

    @Test("A record of syslog-ng is read, whatever the case of its names")
    func syslog() throws {
        let record = try record(
            #"""
            {"PROGRAM":"sshd","PRIORITY":"notice","PID":4711,"MESSAGE":"Accepted publickey","HOST":"web-1",
             "ISODATE":"2026-05-04T12:00:00.123456789+02:00","FACILITY":"auth","TAGS":null}
            """#)
        #expect(record.fault == nil)
        #expect(record.entry.line == "Accepted publickey")
        #expect(record.entry.time == 1_777_888_800_123_456_789)
        #expect(record.entry.severity == .info)
        #expect(text(try record.labels().json) == #"{"host":"web-1","service_name":"sshd"}"#)
        let metadata = try #require(record.entry.metadata)
        #expect(text(metadata.json) == #"{"PRIORITY":"notice","PID":"4711","FACILITY":"auth"}"#)
    }

    @Test("What a record does not name becomes metadata, nested values as JSON")
    func rest() throws {
        let record = try record(
            #"{"msg":"a","line":"b","level":"info","http":{"status":500},"ok":true,"none":null}"#)
        #expect(record.entry.line == "a")
        #expect(record.entry.time == nil)
        #expect(text(try record.labels().json) == #"{"service_name":"unknown_service"}"#)
        let metadata = try #require(record.entry.metadata)
        #expect(text(metadata.json) == #"{"line":"b","http":"{\"status\":500}","ok":"true"}"#)
    }

    @Test(
        "Times are read to the nanosecond in any usual form",
        arguments: [
            ("1777888800", 1_777_888_800_000_000_000), ("1777888800.5", 1_777_888_800_500_000_000),
            ("1777888800123", 1_777_888_800_123_000_000), ("1777888800123.25", 1_777_888_800_123_250_000),
            ("1777888800123456", 1_777_888_800_123_456_000), ("1777888800123456789", 1_777_888_800_123_456_789),
            ("\"1777888800.000000001\"", 1_777_888_800_000_000_001),
            ("\"2026-05-04T10:00:00Z\"", 1_777_888_800_000_000_000),
            ("\"2026-05-04T10:00:00.1234567891Z\"", 1_777_888_800_123_456_789),
            ("\"2026-05-04 12:00:00.5+02:00\"", 1_777_888_800_500_000_000),
            ("9223372036.854775807", .max), ("\"2262-04-11T23:47:16.854775807Z\"", .max),
        ] as [(String, Int64)])
    func times(time: String, nanoseconds: Int64) throws {
        #expect(try record(#"{"message":"a","time":\#(time)}"#).entry.time == nanoseconds)
    }

    @Test(
        "A record at fault says where, and is left out",
        arguments: [
            (#"{"host":"a"}"#, "missing-field", "/message"),
            (#"{"message":null}"#, "missing-field", "/message"),
            (#"{"message":"a","time":"yesterday"}"#, "time-invalid", "/time"),
            (#"{"message":"a","time":-5}"#, "time-invalid", "/time"),
            (#"{"message":"a","time":""}"#, "time-invalid", "/time"),
            (#"{"message":"a","time":"1."}"#, "time-invalid", "/time"),
            // The last nanosecond that 64 bits hold lies before these.
            (#"{"message":"a","time":9223372036.9}"#, "time-invalid", "/time"),
            (#"{"message":"a","time":"2262-04-11T23:47:16.854775808Z"}"#, "time-invalid", "/time"),
            ("[]", "wrong-type", ""),
        ] as [(String, Fault.Code, String)])
    func badRecord(json: String, code: Fault.Code, pointer: String) throws {
        let fault = try #require(try record(json).fault)
        #expect(Refusal(code: fault.code, pointer: fault.pointer) == Refusal(code: code, pointer: pointer))
    }

    @Test("Bytes that are no text cost no line; the text around them is kept")
    func hostile() throws {
        var json = Array(#"{"streams":[{"stream":{"a":"b"},"values":[["1","x"#.utf8)
        json += [0xFF, 0xC3, 0x28, 0x00, 0x07, 0xED, 0xA0, 0x80]
        json += Array(#"y"],["2","\u0000\ud800z\ud83d\ude00\udc00\ud83d\u0041"]],"other\ud800":"\u0000"}]}"#.utf8)
        let lines = try #require(try IngestLogs(json: json).streams?.first).entries.map(\.line.description)
        #expect(lines[0] == "x\u{FFFD}\u{FFFD}(\u{FFFD}\u{7}\u{FFFD}\u{FFFD}\u{FFFD}y")
        #expect(lines[1] == "\u{FFFD}\u{FFFD}z😀\u{FFFD}\u{FFFD}A")
    }

    @Test("Only this command takes bytes that are no text")
    func strictElsewhere() {
        #expect(refusal(LeaseIP.self, bytes: Array(#"{"holder":"a"#.utf8) + [0xFF] + Array(#""}"#.utf8)) != nil)
        #expect(refusal(LeaseIP.self, #"{"holder":"a\u0000"}"#) == Refusal(code: .nulCharacter, pointer: "/holder"))
    }

    @Test(
        "What cannot be read at all fails as a whole",
        arguments: [
            (#"{"streams":[{"stream":{"a":"b"},"values":[["1","x"]"#, "malformed"), ("{}", "missing-field"),
            (#"{"streams":[],"records":[]}"#, "invalid-value"), (#"{"records":[{"message":"a\x"}]}"#, "malformed"),
            (#"{"streams":{}}"#, "wrong-type"),
        ] as [(String, Fault.Code)])
    func unreadable(json: String, code: Fault.Code) {
        #expect(refusal(IngestLogs.self, json)?.code == code)
    }

    @Test("Who sends by hand is told of every fault at once where a worker would leave a line out")
    func strict() {
        let bad = #"{"streams":[{"stream":{"a":"b"},"values":[["1","x"],["y","z"]]}]}"#
        #expect(
            refusal(IngestLogs.self, bad, strict: true)
                == Refusal(code: .timeInvalid, pointer: "/streams/0/values/1/0"))
        let unknown = #"{"streams":[{"stream":{"a":"b"},"values":[],"lines":[]}]}"#
        #expect(
            refusal(IngestLogs.self, unknown, strict: true)
                == Refusal(code: .unknownField, pointer: "/streams/0/lines"))
        #expect(
            refusal(IngestLogs.self, #"{"records":[{}]}"#, strict: true)
                == Refusal(code: .missingField, pointer: "/records/0/message"))
    }

    @Test("A record that is written reads back")
    func roundTrip() throws {
        let entry = LogEntry(
            time: 1_777_888_800_000_000_001, line: "line \u{0} two", metadata: LogMetadata(["b": "2", "a": "1"]),
            severity: .error)
        let command = IngestLogs(records: [LogRecord(entry, host: "web-1", service: "shop")])
        let again = try IngestLogs(json: command.json(), strict: true)
        #expect(again == command)
        #expect(again.records?.first?.entry.line == "line \u{FFFD} two")
    }

    @Test(
        "The time of a record reads back, whatever its size",
        arguments: [0, 1, 922_337_000_000_000, 99_999_999_999_999_999, 100_000_000_000_000_000, Int64.max])
    func writesTimes(time: Int64) throws {
        let command = IngestLogs(records: [LogRecord(LogEntry(time: time, line: LogText("line")), host: "web-1")])
        #expect(try IngestLogs(json: command.json(), strict: true).records?.first?.entry.time == time)
    }

    @Test("Rejections are counted by code, with the place of the first")
    func counting() {
        var inner = LogRejections()
        inner.add(.tooOld, "Old.", at: "/values/3", count: 2)
        var all = LogRejections()
        all.add(inner, inside: "/streams/0")
        all.add(inner, inside: "/streams/1")
        all.add(.lineTooLong, "Long.", at: "/streams/2/values/0/1")
        #expect(all.count == 5)
        #expect(all.list.map(\.pointer) == ["/streams/0/values/3", "/streams/2/values/0/1"])
    }

    @Test("Bytes changed at random are read as text or refused, never a trap")
    func noise() {
        var source = SplitMix(state: 7)
        let bodies = [
            #"{"streams":[{"stream":{"a":"b"},"values":[["1777888800123456789","l\u00e9é",{"x":"y"}],["2","z"]]}]}"#,
            #"{"records":[{"MESSAGE":"é\ud83d\ude00","time":"2026-05-04T10:00:00.5Z","level":"warn","n":{"a":[1]}}]}"#,
        ].map { Array($0.utf8) }
        let spice = Array(#"{}[]",:\u0d89eE+-.tfn"#.utf8) + [0, 0x1F, 0x80, 0xC3, 0xFF, 0xED]
        var read = 0
        for round in 0..<20_000 {
            var body = bodies[round % 2]
            for _ in 0...(source.next() % 3) {
                body[Int(source.next() % UInt64(body.count))] = spice[Int(source.next() % UInt64(spice.count))]
            }
            guard let logs = try? IngestLogs(json: body) else { continue }
            read += 1
            let entries = (logs.streams ?? []).flatMap(\.entries) + (logs.records ?? []).map(\.entry)
            for entry in entries {
                #expect(String(validating: entry.line.utf8, as: UTF8.self) != nil && !entry.line.utf8.contains(0))
                _ = LogSeverity(line: entry.line)
                guard let metadata = entry.metadata else { continue }
                // What the database parses must be JSON, without any repair.
                #expect((try? JSONTree(parsing: metadata.json)) != nil)
            }
        }
        #expect(read > 1000)
    }
}
