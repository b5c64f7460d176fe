/// `uuid`, as two halves: comparable in the order PostgreSQL sorts, and free of allocation.
package struct UUIDBytes: Hashable, Comparable, Sendable, PostgresEncodable, PostgresDecodable {
    /// Bytes 0 to 7, the first in the highest byte.
    package let high: UInt64

    /// Bytes 8 to 15, the first in the highest byte.
    package let low: UInt64

    /// The sixteen bytes in two halves.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    package static func < (one: UUIDBytes, other: UUIDBytes) -> Bool {
        (one.high, one.low) < (other.high, other.low)
    }

    package static var type: TypeID { .uuid }
    package static var arrayType: TypeID { .uuidArray }

    package func encode(into buffer: inout [UInt8]) {
        buffer.append(bigEndian: high)
        buffer.append(bigEndian: low)
    }

    package init(binary: RawSpan, type: TypeID) throws(PostgresError) {
        guard type == .uuid, binary.byteCount == 16 else { throw .decoding("\(type) is not uuid") }
        high = try binary.bigEndian(at: 0)
        low = try binary.bigEndian(at: 8)
    }
}

extension UUIDBytes: CustomStringConvertible {
    /// The canonical text: 32 lowercase hexadecimal digits in five groups.
    package var description: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for index in 0..<32 {
            if [8, 12, 16, 20].contains(index) { text.append(UInt8(ascii: "-")) }
            let half = index < 16 ? high : low
            text.append(digits[Int(half >> UInt64(60 - index % 16 * 4) & 0xF)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
