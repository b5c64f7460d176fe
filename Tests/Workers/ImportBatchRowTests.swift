import Contracts
import TestSupport
import Testing

@testable import ImportBatchWorker

/// The rules of the cells, column by column.
struct ImportBatchRowTests {
    @Test("a full row is read as it stands")
    func readsFullRow() {
        let text = """
            \(ServerList.fullHeader)
            2001:DB8::0:1,Yes,8,16384,320,deploy,2222,password,configured,Example Hosting,42," a,b ",warn,\
            2026-05-04T12:00:00+02:00,2026-05-04T10:00:00.5Z,ssh-ed25519 \(String(repeating: "A", count: 68)) root@host
            """
        let expected = ListedServer(
            isSsl: true, cores: 8, ramMb: 16_384, storageGb: 320, sshUser: "deploy", sshAuth: .password,
            sshPassword: " a,b ", status: .configured, provider: "Example Hosting", ownerClientId: 42, health: .warning,
            lastSeenAt: Timestamp(rfc3339: "2026-05-04T10:00:00Z"),
            lastCheckAt: Timestamp(rfc3339: "2026-05-04T10:00:00.500Z"),
            hostKey: "ssh-ed25519 " + String(repeating: "A", count: 68))
        let reading = ListReading(text)
        #expect(reading.faults == [])
        #expect(reading.rows == [ListedRow(line: 2, ip: "2001:db8::1", sshPort: 2222, server: expected)])
    }

    @Test("what a row does not say has a default")
    func fillsDefaults() throws {
        let server = try #require(ListReading(cells: [:], provider: "Example Hosting").server)
        #expect(server.status == .pending)
        #expect(server.health == .unknown)
        #expect(server.ownerClientId == 0)
        #expect(server.provider == "Example Hosting")
        #expect(server.sshPassword == nil)
        #expect(ListReading(cells: ["provider": "Other"], provider: "Example Hosting").server?.provider == "Other")
    }

    @Test(
        "equal addresses become equal texts",
        arguments: [
            ("192.0.2.7", "192.0.2.7"), (" 192.0.2.7\t", "192.0.2.7"), ("2001:0DB8:0::7", "2001:db8::7"),
            ("::ffff:192.0.2.7", "192.0.2.7"), ("::FFFF:C000:0207", "192.0.2.7"), ("127.0.0.1", "127.0.0.1"),
        ])
    func canonicalises(text: String, ip: String) {
        #expect(ListReading(cells: ["serverIp": text]).rows.map(\.ip) == [ip])
    }

    @Test(
        "flags are true, false, 1, 0, yes or no in any case",
        arguments: [
            ("true", true), ("TRUE", true), ("1", true), ("Yes", true), ("false", false), ("False", false),
            ("0", false),
            ("NO", false),
        ])
    func readsFlags(text: String, flag: Bool) {
        #expect(ListReading(cells: ["isSsl": text]).server?.isSsl == flag)
    }

    @Test(
        "a cell against its rule is a fault, with its value",
        arguments: [
            ("serverIp", "192.0.2.256", "invalid-value"), ("serverIp", "192.0.2", "invalid-value"),
            ("serverIp", "example.test", "invalid-value"), ("serverIp", "0.0.0.0", "invalid-value"),
            ("serverIp", "224.0.0.1", "invalid-value"), ("serverIp", "255.255.255.255", "invalid-value"),
            ("serverIp", "::", "invalid-value"), ("serverIp", "ff02::1", "invalid-value"),
            ("serverIp", "fe80::1%eth0", "invalid-value"), ("serverIp", "192.0.2.1/32", "invalid-value"),
            ("isSsl", "maybe", "invalid-value"), ("isSsl", "2", "invalid-value"),
            ("cores", "0", "out-of-range"), ("cores", "10001", "out-of-range"), ("cores", "-1", "invalid-value"),
            ("cores", "4.5", "invalid-value"), ("cores", "+4", "invalid-value"), ("cores", "1e3", "invalid-value"),
            ("cores", "٤", "invalid-value"), ("ramMb", "99999999999999999999", "out-of-range"),
            ("storageGb", "1,000", "invalid-value"), ("sshPort", "0", "out-of-range"),
            ("sshPort", "65536", "out-of-range"),
            ("sshUser", "-oProxyCommand=x", "invalid-value"), ("sshUser", "a b", "invalid-value"),
            ("sshAuth", "token", "invalid-value"), ("status", "DONE", "invalid-value"),
            ("health", "fine", "invalid-value"), ("ownerClientId", "-5", "invalid-value"),
            ("ownerClientId", "9223372036854775808", "out-of-range"), ("provider", "two\nlines", "invalid-value"),
            ("lastSeenAt", "yesterday", "invalid-value"), ("lastSeenAt", "2026-02-30T00:00:00Z", "invalid-value"),
            ("lastCheckAt", "2026-05-04T10:00:00", "invalid-value"), ("hostKey", "ssh-ed25519", "invalid-value"),
            ("hostKey", "SHA256:short", "invalid-value"), ("hostKey", "ssh-rsa x\nevil ssh-rsa y", "invalid-value"),
        ])
    func refusesValue(column: String, value: String, code: String) {
        let reading = ListReading(cells: [column: value])
        #expect(reading.faults == ["2 \(column) \(code) <\(value)>"])
        #expect(reading.rejected == 1)
        #expect(reading.isReadable)
        #expect(reading.server == nil)
    }

    @Test("a required cell must not be empty", arguments: Column.allCases)
    func requiresValues(column: Column) {
        let faults = ListReading(cells: [column.name: " "]).faults
        #expect(faults == (column.isRequired ? ["2 \(column.name) missing-value"] : []))
    }

    @Test("a password keeps its blanks, is opened when sealed, and is never shown")
    func hidesPasswords() {
        #expect(ListReading(cells: ["sshPassword": " x "]).server?.sshPassword == " x ")
        #expect(ListReading(cells: ["sshPassword": "ruche-sealed:v1:good"]).server?.sshPassword == "opened")
        #expect(ListReading(cells: ["sshPassword": "ruche-sealed:v1:bad"]).faults == ["2 sshPassword cannot-unseal"])
        #expect(ListReading(cells: ["sshPassword": "a\u{7}b"]).faults == ["2 sshPassword invalid-value"])
        let long = String(repeating: "x", count: 1025)
        #expect(ListReading(cells: ["sshPassword": long]).faults == ["2 sshPassword too-long"])
    }

    @Test("every fault of every row is reported, and the other rows are read")
    func reportsAll() {
        let text = """
            \(ServerList.requiredHeader)
            192.0.2.1,true,4,8192,80,root,22,KEY
            nowhere,perhaps,0,x,,a b,99999,card

            192.0.2.2,true,4,8192,80,root,22
            192.0.2.3,true,4,8192,80,root,22,KEY,hunter2
            192.0.2.4,"tr"ue,4,8192,80,root,22,KEY
            192.0.2.5,true,4,8192,80,ro"ot,22,KEY
            192.0.2.6,true,4,8192,80,root,22,KEY
            """
        let reading = ListReading(text)
        #expect(
            reading.faults == [
                "3 serverIp invalid-value <nowhere>", "3 isSsl invalid-value <perhaps>", "3 cores out-of-range <0>",
                "3 ramMb invalid-value <x>", "3 storageGb missing-value", "3 sshUser invalid-value <a b>",
                "3 sshPort out-of-range <99999>", "3 sshAuth invalid-value <card>", "5  field-count", "6  field-count",
                "7 isSsl malformed-quotes", "8 sshUser malformed-quotes",
            ])
        #expect(reading.rejected == 5)
        #expect(reading.rows.map(\.line) == [2, 7, 8, 9])
        #expect(reading.rows.map { $0.server != nil } == [true, false, false, true])
    }

    @Test("bytes that are no text are faults of their cell")
    func refusesBytes() {
        let bad =
            Array((ServerList.requiredHeader + ",provider\n192.0.2.1,true,4,8192,80,r").utf8)
            + [0x00] + Array("t,22,KEY,".utf8) + [0xC3, 0x28] + Array("\n".utf8)
        let reading = ListReading(bad)
        #expect(reading.faults == ["2 sshUser nul-character", "2 provider invalid-utf8"])
    }

    @Test("a quote that is never closed makes the list unreadable, and its line is named")
    func namesOpenQuote() {
        let row = "192.0.2.1,true,4,8192,80,root,22,KEY\n"
        let reading = ListReading(ServerList.requiredHeader + "\n" + row + "192.0.2.2,\"true,4\n" + row + row)
        #expect(reading.faults == ["3  unterminated-quote"])
        #expect(!reading.isReadable)
    }

    @Test("rows with named fields obey the same rules; their line is their number")
    func readsRows() {
        var row = ServerRow()
        row.serverIp = "192.0.2.1"
        row.cores = "many"
        var reader = ServerListReader { _ in nil }
        reader.read(row, line: 1)
        reader.finish()
        #expect(reader.isReadable)
        #expect(reader.faults.kept.map(\.line) == Array(repeating: 1, count: 7))
        #expect(reader.faults.kept.map(\.column) == ServerRow.requiredColumns.dropFirst().map { $0 })
    }

    @Test("of a list of nothing but faults, the first 10,000 are kept and all are counted")
    func boundsFaults() {
        var list = ServerList(count: 12_000)
        list.faultEvery = 1
        var reader = ServerListReader { _ in nil }
        list.pieces(of: 65_536) { reader.read($0) }
        reader.finish()
        #expect(reader.faults.kept.count == FaultList.limit)
        #expect(reader.faults.count == 12_000)
        #expect(reader.rejected == 12_000)
    }

    @Test("a long value is shortened")
    func shortensValues() {
        let faults = ListReading(cells: ["status": String(repeating: "é", count: 500)]).faults
        #expect(faults == ["2 status invalid-value <\(String(repeating: "é", count: 100))…>"])
    }
}
