/// A value that can be a parameter of a statement, a field of a COPY row, or an element of an array parameter.
///
/// Bytes are PostgreSQL's binary format of ``type``, appended to one flat buffer: an array of 500 elements costs no
/// allocation per element. A conformance needs `type`, `arrayType` and `encode(into:)`; a raw-value enum only says
/// that it conforms.
package protocol PostgresEncodable {
    /// The type the server is told.
    static var type: TypeID { get }

    /// The type of an array of these.
    static var arrayType: TypeID { get }

    /// Whether the value is NULL; then `encode(into:)` is not called. False unless the type says otherwise.
    var isNull: Bool { get }

    /// Appends the value in binary format, without a length.
    func encode(into buffer: inout [UInt8])

    /// Appends the elements of an array, each behind its byte count, and returns whether one was NULL. Given: it is a
    /// requirement so that the loop is compiled once for each type of this module, without dynamic calls in it.
    static func encode(elements: [Self], into buffer: inout [UInt8]) -> Bool
}

extension PostgresEncodable {
    package var isNull: Bool { false }

    package static func encode(elements: [Self], into buffer: inout [UInt8]) -> Bool {
        var holdsNull = false
        for element in elements where buffer.append(field: element) { holdsNull = true }
        return holdsNull
    }
}

extension PostgresEncodable where Self: RawRepresentable, RawValue: PostgresEncodable {
    package static var type: TypeID { RawValue.type }
    package static var arrayType: TypeID { RawValue.arrayType }
    package func encode(into buffer: inout [UInt8]) { rawValue.encode(into: &buffer) }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    package static var type: TypeID { Wrapped.type }
    package static var arrayType: TypeID { Wrapped.arrayType }

    package var isNull: Bool {
        switch self {
        case .none: true
        case .some(let value): value.isNull
        }
    }

    package func encode(into buffer: inout [UInt8]) {
        if let self { self.encode(into: &buffer) }
    }
}

/// One-dimensional arrays, NULL elements included. An array of arrays is refused by the server: it would need the
/// same length in every row, which `[[T]]` does not promise.
extension Array: PostgresEncodable where Element: PostgresEncodable {
    package static var type: TypeID { Element.arrayType }
    package static var arrayType: TypeID { .unspecified }

    /// Layout of `array_recv`: dimensions, null flag, element type, then length and lower bound of the dimension, then
    /// each element behind its byte count (-1 for NULL).
    package func encode(into buffer: inout [UInt8]) {
        buffer.append(bigEndian: Int32(isEmpty ? 0 : 1))
        let flags = buffer.count
        buffer.append(bigEndian: Int32(0))
        buffer.append(bigEndian: Element.type.rawValue)
        guard !isEmpty else { return }
        buffer.append(bigEndian: Int32(count))
        buffer.append(bigEndian: Int32(1))
        if Element.encode(elements: self, into: &buffer) { buffer.patch(Int32(1), at: flags) }
    }
}

extension Array where Element == UInt8 {
    /// Appends `value` in network byte order, as every integer of the protocol is.
    package mutating func append<T: FixedWidthInteger>(bigEndian value: T) {
        unsafe Swift.withUnsafeBytes(of: value.bigEndian) { unsafe append(contentsOf: $0) }
    }

    /// Appends a value behind its byte count, or -1 for NULL. Returns whether it was NULL.
    @discardableResult
    mutating func append<T: PostgresEncodable>(field value: T) -> Bool {
        guard !value.isNull else {
            append(bigEndian: Int32(-1))
            return true
        }
        let start = count
        append(bigEndian: Int32(0))
        value.encode(into: &self)
        patch(Int32(count - start - 4), at: start)
        return false
    }

    /// Overwrites four bytes that were appended before their value was known.
    mutating func patch(_ value: Int32, at offset: Int) {
        let bits = UInt32(bitPattern: value)
        self[offset] = UInt8(truncatingIfNeeded: bits >> 24)
        self[offset + 1] = UInt8(truncatingIfNeeded: bits >> 16)
        self[offset + 2] = UInt8(truncatingIfNeeded: bits >> 8)
        self[offset + 3] = UInt8(truncatingIfNeeded: bits)
    }
}
