import Contracts
import Testing

struct CommandTests {
    @Test("Every example and its completion read back from their JSON", arguments: Catalogue.commands.map { $0.name })
    func examples(name: CommandName) throws {
        func check<C: Command>(_ command: C.Type) throws {
            let again = try C(json: C.example.json(), strict: true)
            #expect(again.json() == C.example.json())
            let completion = try C.Completion(json: C.completionExample.json(), strict: true)
            #expect(completion.json() == C.completionExample.json())
        }
        let command = Catalogue.command(named: name)
        try #require(command != nil)
        if let command { try check(command) }
    }

    @Test("A lease needs a holder alone")
    func smallest() throws {
        let command = try LeaseIP(json: Array(#"{"holder":"shop-7"}"#.utf8), strict: true)
        #expect(command == LeaseIP(holder: "shop-7", ttlSeconds: 3600))
    }

    @Test(
        "A lease with a fault is refused at its place",
        arguments: [
            (#"{"ttlSeconds":60}"#, "missing-field", "/holder"),
            (#"{"holder":"a","ttlSeconds":0}"#, "out-of-range", "/ttlSeconds"),
            (#"{"holder":"a","ttlSeconds":2592001}"#, "out-of-range", "/ttlSeconds"),
            (#"{"holder":"a","minCores":-1}"#, "out-of-range", "/minCores"),
            (#"{"holder":"a\nb"}"#, "invalid-value", "/holder"),
            (#"{"holder":"a","prefix":"192.0.2.1/24"}"#, "invalid-value", "/prefix"),
            (#"{"holder":"a","prefix":"192.0.2.0"}"#, "invalid-value", "/prefix"),
            (#"{"holder":"a","ttl":1}"#, "unknown-field", "/ttl"),
        ] as [(String, Fault.Code, String)])
    func leaseFaults(json: String, code: Fault.Code, pointer: String) {
        #expect(refusal(LeaseIP.self, json, strict: true) == Refusal(code: code, pointer: pointer))
    }

    @Test("The length of a text counts its characters and not its bytes")
    func characters() {
        let holder = String(repeating: "é", count: 128)
        #expect(refusal(LeaseIP.self, "{\"holder\":\"\(holder)\"}") == nil)
        #expect(refusal(LeaseIP.self, "{\"holder\":\"\(holder)x\"}")?.code == .outOfRange)
    }

    @Test(
        "An import takes its list in exactly one way",
        arguments: [
            (#"{"session":"a","csv":"x"}"#, nil),
            (#"{"session":"a","rows":[{"serverIp":"192.0.2.1"}],"csv":null}"#, nil),
            (#"{"session":"a","upload":"019df258-a0a8-7d41-9c2e-5b6f0a1b2c3d"}"#, nil),
            (#"{"session":"a"}"#, "missing-field"),
            (#"{"session":"a","csv":null}"#, "missing-field"),
            (#"{"session":"a","csv":"x","rows":[{}]}"#, "invalid-value"),
            (#"{"session":"a","csv":"x","mode":"some"}"#, "invalid-value"),
        ] as [(String, Fault.Code?)])
    func importSources(json: String, code: Fault.Code?) {
        #expect(refusal(ImportBatch.self, json, strict: true)?.code == code)
    }

    @Test("Cells of a row may be numbers and flags, and are kept as they are written")
    func cells() throws {
        let json =
            #"{"session":"a","rows":[{"serverIp":"192.0.2.1","isSsl":true,"cores":8,"ramMb":"16384","sshPort":22.0}]}"#
        let row = try #require(try ImportBatch(json: Array(json.utf8), strict: true).rows?.first)
        #expect(row.isSsl == "true")
        #expect(row.cores == "8")
        #expect(row.sshPort == "22.0")
        #expect(row.cells.prefix(4) == ["192.0.2.1", "true", "8", "16384"])
        #expect(row.cells.count == ServerRow.columns.count)
        #expect(row.cells.last == "")
    }

    @Test("The columns of a row are those of the list, in order, and cells follow them")
    func columns() throws {
        for column in ServerRow.columns {
            let row = try ServerRow(json: Array("{\"\(column)\":\"here\"}".utf8), strict: true)
            #expect(row.cells.firstIndex(of: "here") == ServerRow.columns.firstIndex(of: column))
        }
        #expect(Array(ServerRow.columns.prefix(8)) == ServerRow.requiredColumns)
        #expect(ServerRow.secretColumns == ["sshPassword"])
    }

    @Test("A password never shows in a masked import")
    func masked() throws {
        var row = ServerRow()
        row.sshPassword = "hunter2"
        let rows = text(ImportBatch(session: "a", rows: [row]).maskedJSON())
        #expect(rows.contains(#""sshPassword":"***""#))
        let csv = text(ImportBatch(session: "a", csv: "hunter2").maskedJSON())
        #expect(!rows.contains("hunter2") && !csv.contains("hunter2"))
    }

    @Test("A completion lists the first hundred faults and says that there are more")
    func manyErrors() {
        let errors = (1...101).map { RowError(line: $0, column: "cores", code: "not-a-number", message: "No number.") }
        let completion = BatchImported(
            sessionId: 1, session: "a", dryRun: false, inserted: 0, updated: 0, unchanged: 0, rejected: 101,
            errors: errors)
        #expect(completion.errors.count == 100)
        #expect(completion.errorsTruncated)
    }

    @Test("A fault becomes the reason of an event")
    func reasons() throws {
        let reason = Reason(Fault(.wrongType, at: "/holder", "Expected text, found a number."))
        let json = #"{"reason":"wrong-type","message":"Expected text, found a number.","pointer":"/holder"}"#
        #expect(text(reason.json()) == json)
        #expect(try Reason(json: reason.json(), strict: true) == reason)
    }
}
