package import Contracts
package import Postgres

/// `text`.
extension LogText: PostgresEncodable {
    package static var type: TypeID { String.type }
    package static var arrayType: TypeID { String.arrayType }

    package func encode(into buffer: inout [UInt8]) { buffer.append(contentsOf: utf8) }
}

/// `text`.
extension LogMetadata: PostgresEncodable {
    package static var type: TypeID { String.type }
    package static var arrayType: TypeID { String.arrayType }

    package func encode(into buffer: inout [UInt8]) { buffer.append(contentsOf: json) }
}

/// `"char"`, the first letter of the name.
extension LogSeverity: PostgresEncodable, PostgresDecodable {
    package static var type: TypeID { .char }
    package static var arrayType: TypeID { TypeID(rawValue: 1002) }

    package func encode(into buffer: inout [UInt8]) { buffer.append(letter) }

    package init(binary: RawSpan, type: TypeID) throws(PostgresError) {
        let letter: UInt8 = try binary.onlyBigEndian()
        guard let severity = LogSeverity(letter: letter) else { throw .decoding("not a letter of a severity") }
        self = severity
    }
}
