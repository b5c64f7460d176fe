package import Contracts
package import Postgres

/// `uuid`.
extension UniqueID: PostgresEncodable, PostgresDecodable {
    package static var type: TypeID { UUIDBytes.type }
    package static var arrayType: TypeID { UUIDBytes.arrayType }

    package func encode(into buffer: inout [UInt8]) {
        buffer.append(bigEndian: high)
        buffer.append(bigEndian: low)
    }

    package init(binary: RawSpan, type: TypeID) throws(PostgresError) {
        let value = try UUIDBytes(binary: binary, type: type)
        self.init(high: value.high, low: value.low)
    }
}

/// `timestamptz`.
extension Timestamp: PostgresEncodable, PostgresDecodable {
    package static var type: TypeID { TimestampTZ.type }
    package static var arrayType: TypeID { TimestampTZ.arrayType }

    package func encode(into buffer: inout [UInt8]) {
        TimestampTZ(microseconds: microseconds).encode(into: &buffer)
    }

    package init(binary: RawSpan, type: TypeID) throws(PostgresError) {
        self.init(microseconds: try TimestampTZ(binary: binary, type: type).microseconds)
    }
}
