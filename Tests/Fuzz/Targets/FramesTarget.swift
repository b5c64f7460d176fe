@testable import AMQP
import CRabbitMQ
import Contracts
@testable import Relay
import Runtime

extension FuzzTarget {
    /// What a broker sends, from the bytes of its frames on; and tables of headers there and back.
    static let frames = FuzzTarget(
        name: "frames", summary: "AMQP: frames as bytes, tables of headers decoded, encoded and decoded again",
        seeds: { FrameBytes.seeds },
        check: { bytes in
            for case .delivery(let delivery) in try FrameBytes.inbound(bytes) {
                _ = Envelope.read(WireMessage(delivery))
                try require(delivery.deliveryCount >= 0, "the count of deliveries")
                let letter = DeadLetter(delivery)
                if let returned = letter.returned {
                    try require(letter.returns < returned.properties.headers["ruche-returns"]?.intValue ?? 0, "returns")
                    try require(returned.properties.headers["x-death"] == nil, "it goes back without its deaths")
                }
                let message = OutgoingMessage(
                    exchange: delivery.exchange, routingKey: delivery.routingKey, properties: delivery.properties,
                    body: [])
                if WireLimits.fault(of: message) == nil { try FrameBytes.roundTrip(delivery.properties.headers) }
            }
            try FrameBytes.table(bytes)
        })
}

/// The library's calls.
enum FrameBytes {
    /// What the bytes of a connection come to; what is against the protocol ends it.
    static func inbound(_ bytes: [UInt8]) throws -> [Inbound] {
        guard let state = unsafe amqp_new_connection() else { throw Finding(description: "no memory") }
        defer { unsafe amqp_destroy_connection(state) }
        var assembler = FrameAssembler(bodyLimit: 1 << 20)
        var found: [Inbound] = []
        var rest = bytes
        return unsafe try rest.withUnsafeMutableBytes { buffer in
            var start = 0
            while start < buffer.count {
                var frame = unsafe amqp_frame_t()
                let input = unsafe amqp_bytes_t(len: buffer.count - start, bytes: buffer.baseAddress! + start)
                let taken = unsafe amqp_handle_input(state, input, &frame)
                guard taken > 0 else { return found }
                start += Int(taken)
                try require(start <= buffer.count, "the library took more than there was")
                guard unsafe frame.frame_type != 0 else { continue }
                do throws(AMQPError) {
                    if let inbound = unsafe try assembler.take(frame) { found.append(inbound) }
                } catch { return found }
            }
            return found
        }
    }

    /// Reads the bytes as a table of headers.
    static func table(_ bytes: [UInt8]) throws {
        if let headers = try decoded(bytes), WireLimits.size(of: headers) != nil { try roundTrip(headers) }
    }

    /// What is sent is what is received again, and as large as was said.
    static func roundTrip(_ headers: Headers) throws {
        guard let size = WireLimits.size(of: headers), size <= WireLimits.table else { return }
        let encoded = try encoded(headers, size: size)
        guard let again = try decoded(encoded) else { throw Finding(description: "a table of ours cannot be read") }
        // What is not equal to itself, such as NaN, is compared as bytes.
        try requireSame(try self.encoded(again, size: size), encoded, "the table sent again")
    }

    /// The table that the bytes are; nothing for what is none.
    static func decoded(_ bytes: [UInt8]) throws -> Headers? {
        var pool = unsafe amqp_pool_t()
        unsafe init_amqp_pool(&pool, 4096)
        defer { unsafe empty_amqp_pool(&pool) }
        var bytes = bytes
        return unsafe bytes.withUnsafeMutableBytes { buffer in
            var table = unsafe amqp_table_t()
            var offset = 0
            let input = unsafe amqp_bytes_t(len: buffer.count, bytes: buffer.baseAddress)
            guard unsafe amqp_decode_table(input, &pool, &table, &offset) == 0 else { return nil }
            var decoder = WireDecoder()
            return unsafe decoder.headers(table)
        }
    }

    private static func encoded(_ headers: Headers, size: Int) throws -> [UInt8] {
        var arena = WireArena(capacity: 64)
        var table = unsafe arena.table(headers)
        var bytes = [UInt8](repeating: 0, count: size)
        var offset = 0
        let status = unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe amqp_encode_table(amqp_bytes_t(len: buffer.count, bytes: buffer.baseAddress), &table, &offset)
        }
        try requireSame(status, 0, "encoding a table of \(size) bytes")
        try requireSame(offset, size, "the size of a table")
        return bytes
    }

    static var seeds: [[UInt8]] {
        let headers: Headers = [
            "tenant": "t", "ruche-turn": 3, "flag": true, "ratio": 0.5, "raw": .bytes([0xFF, 0]), "at": .timestamp(7),
            "x-death": .array([.table(["queue": "ruche.lease-ip", "count": 2, "reason": "rejected"])]),
            "nothing": .void,
            "a name that is longer than fifteen bytes": "a text that is longer than fifteen bytes",
        ]
        let table = (try? encoded(headers, size: WireLimits.size(of: headers) ?? 0)) ?? []
        let deliver = frame(
            1, [0, 60, 0, 60, 3] + Array("tag".utf8) + [0, 0, 0, 0, 0, 0, 0, 7, 1, 0, 8] + Array("lease-ip".utf8))
        // Content type, headers, delivery mode, correlation id, reply to, message id, timestamp, type and app id.
        let properties =
            [0b1011_0110, 0b1110_1000] + short("application/json") + table + [2] + short("c") + short("reply.a")
            + short("job-1") + [0, 0, 0, 0, 0x6A, 0, 0, 0] + short("lease-ip.v1") + short("app")
        let header = frame(2, [0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 14] + properties)
        let body = frame(3, Array(#"{"holder":"a"}"#.utf8))
        let narrow: [UInt8] = [1, 98, 98, 5, 1, 115, 115, 0, 7, 1, 73, 73, 0, 0, 0, 9, 1, 68, 68, 2, 0, 0, 1, 0]
        return [
            deliver + header + body, table, [0, 0, 0, UInt8(narrow.count)] + narrow, frame(8, []),
            frame(1, [0, 60, 0, 80, 0, 0, 0, 0, 0, 0, 0, 1, 1]),
            frame(1, [0, 20, 0, 40, 1, 0x94, 2, 110, 111, 0, 60, 0, 40]),
            frame(1, [0, 10, 0, 60, 3] + Array("low".utf8)), frame(1, [0, 50, 0, 11, 1, 113, 0, 0, 0, 1, 0, 0, 0, 2]),
            frame(1, [0, 60, 0, 50, 1, 0x38, 2, 110, 111, 1, 120, 1, 107])
                + frame(2, [0, 60] + [UInt8](repeating: 0, count: 12)),
        ]
    }

    private static func short(_ text: String) -> [UInt8] { FuzzInput.piece(text) }

    private static func frame(_ kind: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let size = UInt32(payload.count)
        return [kind, 0, 1] + (0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * $0)) } + payload + [0xCE]
    }
}
