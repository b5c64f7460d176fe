import Contracts
import TestSupport
import Testing

@testable import ImportBatchWorker

/// What a header may be, and what is said about one that cannot be taken.
struct ImportBatchHeaderTests {
    private static let row = "192.0.2.1,true,4,8192,80,root,22,KEY\n"

    @Test("the columns are those of the contract")
    func matchesContract() {
        #expect(Column.allCases.map(\.name) == ServerRow.columns)
        #expect(Column.allCases.filter(\.isRequired).map(\.name) == ServerRow.requiredColumns)
        #expect(Column.allCases.filter(\.isSecret).map(\.name) == ServerRow.secretColumns)
        #expect(ServerList.fullHeader.split(separator: ",").map(String.init) == ServerRow.columns)
    }

    @Test("names may come in any order and case, with blanks around them")
    func readsAnyOrder() throws {
        let text =
            "\n SSHAUTH ;sshport; sshUser;storageGb;RamMb;cores;isSsl;serverip\nkey;22;root;80;8192;4;NO;192.0.2.1\n"
        let reading = ListReading(text)
        #expect(reading.faults == [])
        let server = try #require(reading.server)
        #expect(server.sshAuth == .key)
        #expect(!server.isSsl)
        #expect(reading.rows[0].line == 3)
    }

    @Test(
        "a header that cannot be taken is refused with everything that is wrong",
        arguments: [
            (
                "serverIp,isSsl,cores,ram_mb,storageGb,sshUser,sshPort,sshAuth",
                ["1 ram_mb unknown-column", "1 ramMb missing-column"]
            ),
            (
                ServerList.requiredHeader + ",sshUsr,colour,,CORES",
                [
                    "1 sshUsr unknown-column", "1 colour unknown-column", "1  unknown-column",
                    "1 cores duplicate-column",
                ]
            ),
            (
                "serverIp",
                ["isSsl", "cores", "ramMb", "storageGb", "sshUser", "sshPort", "sshAuth"].map {
                    "1 \($0) missing-column"
                }
            ),
            ("server\"Ip,isSsl", ["1  malformed-quotes"]),
        ])
    func refusesHeader(header: String, faults: [String]) {
        let reading = ListReading(header + "\n" + Self.row)
        #expect(reading.faults == faults)
        #expect(!reading.isReadable)
        #expect(reading.rows == [])
    }

    @Test(
        "a name that is nearly right is suggested",
        arguments: [
            ("ram_mb", " Did you mean ramMb?"), ("server-ip", " Did you mean serverIp?"),
            ("sshPasword", " Did you mean sshPassword?"), ("colour", ""),
        ])
    func suggests(name: String, hint: String) {
        var reader = ServerListReader { _ in nil }
        reader.read(Array("\(ServerList.requiredHeader),\(name)\n".utf8))
        #expect(reader.faults.kept.map(\.message) == ["There is no column of this name." + hint])
    }

    @Test(
        "a list without rows, or that is not text, is refused",
        arguments: [
            ([], "1  empty-list"),
            (Array("\n\n".utf8), "1  empty-list"),
            (Array((ServerList.requiredHeader + "\n").utf8), "1  empty-list"),
            (Array((ServerList.requiredHeader + "\n,,,,,,,\n").utf8), "1  empty-list"),
            ([0xFF, 0xFE, 0x73, 0x00], "1  not-utf8"),
            (Array("\"serverIp".utf8), "1  unterminated-quote"),
        ])
    func refusesNoList(bytes: [UInt8], fault: String) {
        let reading = ListReading(bytes)
        #expect(reading.faults == [fault])
        #expect(!reading.isReadable)
    }
}
