@testable import CLI
import Contracts
import Foundation
@testable import Sealing

extension FuzzTarget {
    /// What `ruche enqueue --ndjson` reads: its journal and its lines.
    static let journals = FuzzTarget(
        name: "journals", summary: "files of commands: the journal of what was confirmed, and the lines",
        seeds: {
            let seed = String(repeating: "0a", count: 32)
            return [
                "ruche-journal 1 \(seed) 1\n1 2f\n", "ruche-journal 1 \(seed) \(purpose)\n1 2f\n7 a\n3", "ruche-jou",
                "ruche-journal 1 \(seed) \(purpose)\n4294967295 1\n", "\n", #"{"holder":"a"}"#,
                #"{"command":"lease-ip","id":"1","expiresAt":"2030-01-01T00:00:00Z","payload":{"holder":"a"}}"#,
                #"{"command":"lease-pi","payload":{}}"#, #"{"payload":{"holder":"a"},"correlationId":"c"}"#,
            ].map { Array($0.utf8) }
        },
        check: { bytes in
            try checkJournal(bytes)
            let seed = [UInt8](repeating: 7, count: 32)
            for command in [nil, LeaseIP.self] as [(any Command.Type)?] {
                let reader = BulkLine(
                    command: command, tenant: "default", correlationID: nil, expiresAt: nil, seed: seed)
                let request: Producer.Request
                do throws(Fault) { request = try reader.request(bytes, number: 3) } catch {
                    try checkPointer(error, in: bytes)
                    continue
                }
                let again = try reader.request(bytes, number: 3)
                try requireSame(again.id, request.id, "the id of the same line")
                try requireSame(again.payload, request.payload, "the payload of the same line")
                try require(PlainJSON(request.payload) != nil, "what is sent is JSON")
                let envelope = Envelope.read(
                    WireMessage(
                        routingKey: request.command.name.rawValue, contentType: "application/json",
                        messageID: request.id, body: request.payload))
                try requireSame(envelope.fault, nil, "what a worker says of it")
            }
        })

    /// The purpose of the journals here, as a journal's first line has it.
    private static let purpose = String(max(1, Digest.key("fuzz").0), radix: 16)

    private static func checkJournal(_ bytes: [UInt8]) throws {
        let path = NSTemporaryDirectory() + "/ruche-fuzz-\(getpid())"
        defer { _ = unsafe unlink(path) }
        let seed = [UInt8](repeating: 7, count: 32)
        try Data(bytes).write(to: URL(filePath: path))
        do {
            let journal = try BulkJournal(path, seed: seed, purpose: "fuzz")
            try journal.add([(number: 5, id: "five")])
        } catch {
            // What is no journal of this run is left as it is.
            try requireSame([UInt8](try Data(contentsOf: URL(filePath: path))), bytes, "the file that was refused")
            return
        }
        let journal = try BulkJournal(path, seed: seed, purpose: "fuzz")
        try require(try journal.has(5, id: "five"), "what was noted is known again")
        try requireSame(journal.seed.count, 32, "the seed")
    }

    /// Key files and sealed values.
    static let keys = FuzzTarget(
        name: "keys", summary: "key files, sealed texts and values: nothing but what was sealed opens",
        seeds: {
            let texts = [
                ring.fileText, "# a\n\n \(ring.fileText)\r\n", "ruche-key:v1:00:AA==",
                "ruche-sealed:v1:\(ring.keyIDs[0]):AAAA",
            ]
            let id = ring.keyIDs[0].bytes
            let forged: [UInt8] = [1] + id.indices.map { id[$0] } + [UInt8](repeating: 0, count: 60)
            return texts.map { Array($0.utf8) } + [ring.seal([1, 2, 3], context: "x"), forged]
        },
        check: { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            if let read = try? KeyRing(parsing: text) {
                try requireSame(try KeyRing(parsing: read.fileText).fileText, read.fileText, "the key file")
                try requireSame(
                    try read.open(read.seal(bytes, context: "x"), context: "x"), bytes, "sealed and opened")
            }
            // A fuzzer does not forge an authentication tag.
            try require((try? ring.open(bytes, context: "other")) == nil, "a value opened that was not sealed")
            try require((try? ring.unseal(text)) == nil, "a text opened that was not sealed")
            var altered = ring.seal(bytes, context: "x")
            altered[Int(bytes.first ?? 0) % altered.count] ^= 1 << ((bytes.last ?? 0) % 8)
            try require((try? ring.open(altered, context: "x")) == nil, "an altered value opened")
            try requireSame(try ring.unseal(ring.publicKey.seal(text)), text, "a text sealed and opened")
        })

    /// The same keys in every run, so that a corpus keeps its meaning.
    private static let ring = KeyRing([SecretKey(secret: [UInt8](repeating: 7, count: 32))])
}
