import Glibc

/// `text`. For another type the statement casts: `\(address)::inet`.
///
/// Reads every textual type, `json`, `jsonb`, the label of an enum, and the canonical text of `uuid`, `inet`, `cidr`.
/// A string that holds U+0000 is refused by the server (22021).
extension String: PostgresEncodable, PostgresDecodable {
    package static var type: TypeID { .text }
    package static var arrayType: TypeID { .textArray }
    package func encode(into buffer: inout [UInt8]) { buffer.append(contentsOf: utf8) }

    package init(binary: RawSpan, type: TypeID) throws(PostgresError) {
        switch type {
        case .text, .varchar, .bpchar, .name, .unknown, .json, .char: self = binary.text()
        case .jsonb: self = try JSON(binary: binary, type: type).text
        case .uuid: self = try UUIDBytes(binary: binary, type: type).description
        case .inet, .cidr: self = try String(inet: binary)
        case _ where type.isUserDefined: self = binary.text()
        default: throw .decoding("\(type) is not a text type")
        }
    }

    /// Layout of `inet_send`: family (2 or 3), prefix length, is it a cidr, byte count, address.
    private init(inet binary: RawSpan) throws(PostgresError) {
        let family: UInt8 = try binary.bigEndian(at: 0)
        let prefix: UInt8 = try binary.bigEndian(at: 1)
        let isCIDR: UInt8 = try binary.bigEndian(at: 2)
        let size = family == 2 ? 4 : 16
        guard family == 2 || family == 3, binary.byteCount == 4 + size else { throw .decoding("not an address") }
        let address = unsafe binary.withUnsafeBytes { bytes in
            unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { out in
                let domain = size == 4 ? AF_INET : AF_INET6
                unsafe inet_ntop(domain, bytes.baseAddress! + 4, out.baseAddress!, socklen_t(out.count))
                return unsafe String(cString: out.baseAddress!)
            }
        }
        self = isCIDR == 0 && Int(prefix) == size * 8 ? address : "\(address)/\(prefix)"
    }
}

/// `jsonb`, as its text. What the text holds is checked by the server, not here.
package struct JSON: Hashable, Sendable, PostgresEncodable, PostgresDecodable {
    /// The document.
    package let text: String

    /// Wraps a document that is valid JSON already.
    package init(_ text: String) { self.text = text }

    package static var type: TypeID { .jsonb }
    package static var arrayType: TypeID { .jsonbArray }

    /// Layout of `jsonb_recv`: the version, 1, then the text.
    package func encode(into buffer: inout [UInt8]) {
        buffer.append(1)
        buffer.append(contentsOf: text.utf8)
    }

    package init(binary: RawSpan, type: TypeID) throws(PostgresError) {
        switch type {
        case .jsonb:
            guard try binary.bigEndian(at: 0) as UInt8 == 1 else { throw .decoding("an unknown version of jsonb") }
            text = binary.text(from: 1)
        case .json: text = binary.text()
        default: throw .decoding("\(type) is not jsonb")
        }
    }
}

/// `bytea`.
package struct Bytes: Hashable, Sendable, PostgresEncodable, PostgresDecodable {
    /// The bytes.
    package let array: [UInt8]

    /// Wraps bytes; no copy.
    package init(_ array: [UInt8]) { self.array = array }

    package static var type: TypeID { .bytea }
    package static var arrayType: TypeID { .byteaArray }
    package func encode(into buffer: inout [UInt8]) { buffer.append(contentsOf: array) }

    package init(binary: RawSpan, type: TypeID) throws(PostgresError) {
        guard type == .bytea else { throw .decoding("\(type) is not bytea") }
        array = binary.array
    }
}
