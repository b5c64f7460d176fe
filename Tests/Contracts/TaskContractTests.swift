import Contracts
import Testing

struct TaskContractTests {
    private static let due = #","dueAt":"2026-05-04T12:00:00+02:00""#

    @Test("A task needs an owner, a title and a time with an offset; the rest has defaults")
    func smallest() throws {
        let json = Array("{\"owner\":\"ada\",\"title\":\"t\"\(Self.due)}".utf8)
        let command = try CreateTask(json: json, strict: true)
        let noon = try #require(Timestamp(rfc3339: "2026-05-04T10:00:00Z"))
        #expect(command == CreateTask(owner: "ada", title: "t", description: "", place: "", dueAt: noon, zone: "UTC"))
    }

    @Test(
        "A task with a fault is refused at its place",
        arguments: [
            (#"{"title":"t"DUE}"#, "missing-field", "/owner"),
            (#"{"owner":"ada"DUE}"#, "missing-field", "/title"),
            (#"{"owner":"ada","title":"t"}"#, "missing-field", "/dueAt"),
            (#"{"owner":"ada","title":""DUE}"#, "out-of-range", "/title"),
            (#"{"owner":"ada","title":"a\nb"DUE}"#, "invalid-value", "/title"),
            (#"{"owner":"ada","title":" "DUE}"#, "invalid-value", "/title"),
            (#"{"owner":"ada","title":"\u200B"DUE}"#, "invalid-value", "/title"),
            (#"{"owner":"ada","title":"\u3000\u00AD\u3164\uFE0F"DUE}"#, "invalid-value", "/title"),
            (#"{"owner":"ada","title":"a\u2028b"DUE}"#, "invalid-value", "/title"),
            (#"{"owner":"ada","title":"a\u2029"DUE}"#, "invalid-value", "/title"),
            (#"{"owner":"ada","title":"a\u0085b"DUE}"#, "invalid-value", "/title"),
            (#"{"owner":"ada","title":"t","dueAt":"2026-05-04T12:00:00"}"#, "invalid-value", "/dueAt"),
            (#"{"owner":"ada","title":"t","zone":"Not a zone"DUE}"#, "invalid-value", "/zone"),
            (#"{"owner":"ada","title":"t","lieu":"here"DUE}"#, "unknown-field", "/lieu"),
        ] as [(String, Fault.Code, String)])
    func faults(json: String, code: Fault.Code, pointer: String) {
        let text = json.replacing("DUE", with: Self.due)
        #expect(refusal(CreateTask.self, text, strict: true) == Refusal(code: code, pointer: pointer))
    }

    @Test(
        "Title, description and place are as long as they may be, counted in characters",
        arguments: [
            ("title", 100), ("description", 300), ("place", 300),
        ])
    func lengths(field: String, limit: Int) {
        let title = field == "title" ? "" : #""title":"t","#
        func json(_ count: Int) -> String {
            let text = String(repeating: "é", count: count)
            return "{\"owner\":\"ada\",\(title)\"\(field)\":\"\(text)\"\(Self.due)}"
        }
        #expect(refusal(CreateTask.self, json(limit), strict: true) == nil)
        #expect(refusal(CreateTask.self, json(limit + 1), strict: true)?.code == .outOfRange)
    }

    @Test(
        "A title may be anything that is seen on one line",
        arguments: ["x", " x ", "👩‍👩‍👧‍👦", "e\u{301}", "ไทย", "…", "\u{200F}שלום", "a\u{200B}b"])
    func titles(title: String) throws {
        let json = Array("{\"owner\":\"ada\",\"title\":\"\(title)\"\(Self.due)}".utf8)
        #expect(try CreateTask(json: json, strict: true).title == title)
    }

    @Test("An edit tells what is absent from what is empty")
    func absence() throws {
        let head = #"{"taskId":"019df258-a0a8-7d42-8c2e-5b6f0a1b2c3e","owner":"ada","version":3"#
        let edit = try EditTask(json: Array(#"\#(head),"place":"","description":null}"#.utf8), strict: true)
        #expect(edit.place == "")
        #expect(edit.description == nil)
        #expect(edit.title == nil)
        #expect(refusal(EditTask.self, #"\#(head),"title":""}"#, strict: true)?.code == .outOfRange)
        #expect(
            refusal(EditTask.self, #"{"taskId":"019df258-a0a8-7d42-8c2e-5b6f0a1b2c3e","owner":"ada"}"#)?.pointer
                == "/version")
    }

    @Test(
        "An instant shows as the clocks of a zone do",
        arguments: [
            ("2026-05-04T10:00:00Z", 7200, "2026-05-04T12:00:00+02:00"),
            ("2026-05-04T23:30:59.9Z", 3600, "2026-05-05T00:30:59+01:00"),
            ("2026-01-01T00:00:00Z", -12600, "2025-12-31T20:30:00-03:30"),
            ("2026-01-01T00:00:00Z", 0, "2026-01-01T00:00:00+00:00"),
            ("2026-01-01T00:00:00Z", 20700, "2026-01-01T05:45:00+05:45"),
            ("2026-01-01T00:00:00Z", 561, "2026-01-01T00:09:00+00:09"),
        ])
    func local(utc: String, seconds: Int, shown: String) throws {
        let instant = try #require(Timestamp(rfc3339: utc))
        #expect(instant.rfc3339(secondsAhead: seconds) == shown)
    }

    @Test("A reason can say which version is in force")
    func version() throws {
        let reason = Reason(reason: "version-conflict", message: "It has 4.", pointer: "/version", version: 4)
        #expect(try Reason(json: reason.json(), strict: true) == reason)
        #expect(String(decoding: reason.json(), as: UTF8.self).hasSuffix(#""pointer":"/version","version":4}"#))
    }
}
