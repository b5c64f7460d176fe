/// The OID of a PostgreSQL type. Built-in types have fixed OIDs, taken from the server's `pg_type.dat`.
package struct TypeID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The OID.
    package let rawValue: UInt32

    /// Any OID.
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The OID in decimal, as `pg_type.oid` shows it.
    package var description: String { "type \(rawValue)" }

    /// Whether the type was created in the database (an enum, an extension's type) rather than built in.
    /// The bound is `FirstNormalObjectId` of the server.
    package var isUserDefined: Bool { rawValue >= 16_384 }

    /// Lets the server infer the type of a parameter.
    package static let unspecified = TypeID(rawValue: 0)
    package static let bool = TypeID(rawValue: 16)
    package static let bytea = TypeID(rawValue: 17)
    package static let char = TypeID(rawValue: 18)
    package static let name = TypeID(rawValue: 19)
    package static let int8 = TypeID(rawValue: 20)
    package static let int2 = TypeID(rawValue: 21)
    package static let int4 = TypeID(rawValue: 23)
    package static let text = TypeID(rawValue: 25)
    package static let oid = TypeID(rawValue: 26)
    package static let json = TypeID(rawValue: 114)
    package static let cidr = TypeID(rawValue: 650)
    package static let float4 = TypeID(rawValue: 700)
    package static let float8 = TypeID(rawValue: 701)
    package static let unknown = TypeID(rawValue: 705)
    package static let inet = TypeID(rawValue: 869)
    package static let boolArray = TypeID(rawValue: 1000)
    package static let byteaArray = TypeID(rawValue: 1001)
    package static let int2Array = TypeID(rawValue: 1005)
    package static let int4Array = TypeID(rawValue: 1007)
    package static let textArray = TypeID(rawValue: 1009)
    package static let int8Array = TypeID(rawValue: 1016)
    package static let float4Array = TypeID(rawValue: 1021)
    package static let float8Array = TypeID(rawValue: 1022)
    package static let inetArray = TypeID(rawValue: 1041)
    package static let bpchar = TypeID(rawValue: 1042)
    package static let varchar = TypeID(rawValue: 1043)
    package static let date = TypeID(rawValue: 1082)
    package static let timestamp = TypeID(rawValue: 1114)
    package static let dateArray = TypeID(rawValue: 1182)
    package static let timestamptz = TypeID(rawValue: 1184)
    package static let timestamptzArray = TypeID(rawValue: 1185)
    package static let numeric = TypeID(rawValue: 1700)
    package static let uuid = TypeID(rawValue: 2950)
    package static let uuidArray = TypeID(rawValue: 2951)
    package static let jsonb = TypeID(rawValue: 3802)
    package static let jsonbArray = TypeID(rawValue: 3807)
}
