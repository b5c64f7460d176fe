/// How the fixed-width integers read a column: from any integer type, when the value fits.
protocol IntegerColumn: FixedWidthInteger, PostgresEncodable, PostgresDecodable {}

extension IntegerColumn {
    package func encode(into buffer: inout [UInt8]) { buffer.append(bigEndian: self) }

    package init(binary: RawSpan, type: TypeID) throws(PostgresError) {
        let value: Int64
        switch type {
        case .int8: value = try binary.onlyBigEndian()
        case .int4: value = Int64(try binary.onlyBigEndian() as Int32)
        case .int2: value = Int64(try binary.onlyBigEndian() as Int16)
        case .oid: value = Int64(try binary.onlyBigEndian() as UInt32)
        default: throw .decoding("\(type) is not an integer type")
        }
        guard let fitting = Self(exactly: value) else { throw .decoding("does not fit \(Self.self)") }
        self = fitting
    }
}

extension Int16: IntegerColumn {
    package static var type: TypeID { .int2 }
    package static var arrayType: TypeID { .int2Array }
}

extension Int32: IntegerColumn {
    package static var type: TypeID { .int4 }
    package static var arrayType: TypeID { .int4Array }
}

extension Int64: IntegerColumn {
    package static var type: TypeID { .int8 }
    package static var arrayType: TypeID { .int8Array }
}

/// `bigint`, like `Int64`.
extension Int: IntegerColumn {
    package static var type: TypeID { .int8 }
    package static var arrayType: TypeID { .int8Array }
}

extension Bool: PostgresEncodable, PostgresDecodable {
    package static var type: TypeID { .bool }
    package static var arrayType: TypeID { .boolArray }
    package func encode(into buffer: inout [UInt8]) { buffer.append(self ? 1 : 0) }

    package init(binary: RawSpan, type: TypeID) throws(PostgresError) {
        guard type == .bool else { throw .decoding("\(type) is not boolean") }
        self = try binary.onlyBigEndian() as UInt8 != 0
    }
}

/// `double precision`. Reads `real` too; `numeric` is refused, because it would lose digits: cast it in the statement.
extension Double: PostgresEncodable, PostgresDecodable {
    package static var type: TypeID { .float8 }
    package static var arrayType: TypeID { .float8Array }
    package func encode(into buffer: inout [UInt8]) { buffer.append(bigEndian: bitPattern) }

    package init(binary: RawSpan, type: TypeID) throws(PostgresError) {
        switch type {
        case .float8: self.init(bitPattern: try binary.onlyBigEndian())
        case .float4: self.init(Float(bitPattern: try binary.onlyBigEndian()))
        default: throw .decoding("\(type) is not a floating-point type")
        }
    }
}
