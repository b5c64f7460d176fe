import AMQP
import Books
import Contracts
import Foundation
import Runtime
import Testing

/// The producer's ledger and the event book on disk.
@Suite struct ProducerLedgerTests {
    private let path = NSTemporaryDirectory() + "/ledger-" + UUID().uuidString

    private func records() throws -> [String] {
        var records: [String] = []
        try ProducerLedger.read(path) { record in
            switch record {
            case .intended(let number, let entry): records.append("\(number) \(entry.tenant)/\(entry.id ?? "-")")
            case .confirmed(let numbers): records.append("confirmed \(numbers)")
            case .refused(let numbers): records.append("refused \(numbers)")
            }
        }
        return records
    }

    private func intention(_ id: String) -> Intention {
        Intention("probe", id: id, body: Array("{}".utf8), endings: [.succeeded])
    }

    @Test func numbersGoOnWhereTheyEnded() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let first = try ProducerLedger(path)
        #expect(try first.intend(["a", "b"].map(intention)) == 0..<2)
        try first.confirm([1])
        let second = try ProducerLedger(path)
        #expect(try second.intend([intention("tab\tand \"quote\"\n")]) == 2..<3)
        try second.refuse([2, 0])
        try second.confirm([])
        #expect(
            try records() == [
                "0 default/a", "1 default/b", "confirmed [1]", "2 default/tab\tand \"quote\"\n", "refused [2, 0]",
            ])
    }

    @Test(arguments: ["{\"conf", "{", "x"]) func aTornLastLineIsCutOff(torn: String) throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        try ProducerLedger(path).intend([intention("a")])
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.seekToEnd()
        try file.write(contentsOf: Data(torn.utf8))
        #expect(try records() == ["0 default/a"])
        #expect(try ProducerLedger(path).intend([intention("b")]) == 1..<2)
        #expect(try records() == ["0 default/a", "1 default/b"])
    }

    @Test(arguments: ["no record\n", "{}\n", "{\"number\":1}\n", "{\"else\":1}\n"])
    func anotherFileIsRefused(text: String) throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        #expect(throws: BooksError.self) { try ProducerLedger(path) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }

    @Test func aFileThatCannotBeWrittenIsAnError() {
        #expect { try ProducerLedger("/nowhere/ledger") } throws: { ($0 as? BooksError)?.code == .file }
    }

    @Test func whereNothingWasWrittenNothingIsRead() throws {
        #expect(try records() == [])
    }

    @Test func aMessageIsKnownByWhatItSaysOfItself() {
        let body = Array("{}".utf8)
        func identity(_ properties: Properties, _ demand: Identity = .required) -> LedgerIdentity {
            let message = OutgoingMessage(
                exchange: Topology.commandExchange, routingKey: "probe", properties: properties, body: body)
            return Intention(message, to: "probe", identity: demand).identity
        }
        let plain = Intention("probe", id: "a", tenant: "t", body: body).identity
        #expect(plain.source == .id)
        #expect(plain.key == UniqueID(bytes: Digest.key("probe", "t", "a")), "the hash of command, tenant and id")
        #expect(plain.hash == Digest.sha256(body))
        let said = identity(Properties(headers: ["tenant": "t"], messageID: "a"))
        #expect(said.key == plain.key && said.reusedKey == plain.reusedKey)
        #expect(plain.reusedKey != plain.key)
        #expect(identity(Properties()).source == .bytes)
        #expect(identity(Properties(), .optional).source == .delivery)
        #expect(identity(Properties(headers: ["tenant": true], messageID: "a")).source == .bytes)
        #expect(identity(Properties(messageID: "a"), .optional).source == .id)
    }
}
