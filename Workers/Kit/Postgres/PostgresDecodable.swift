/// A value that can be read from a column of a result.
package protocol PostgresDecodable {
    /// Reads the binary format of `type`. The span is valid for the call only.
    ///
    /// Throws ``PostgresError/Code/decoding`` when `type` is not one this type reads, or the bytes are not of it.
    init(binary: RawSpan, type: TypeID) throws(PostgresError)

    /// What NULL becomes; nil, unless the type says otherwise, means that NULL is an error.
    static var null: Self? { get }
}

extension PostgresDecodable {
    package static var null: Self? { nil }
}

extension PostgresDecodable where Self: RawRepresentable, RawValue: PostgresDecodable {
    package init(binary: RawSpan, type: TypeID) throws(PostgresError) {
        let raw = try RawValue(binary: binary, type: type)
        guard let value = Self(rawValue: raw) else { throw .decoding("not a value of \(Self.self)") }
        self = value
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    package init(binary: RawSpan, type: TypeID) throws(PostgresError) {
        self = .some(try Wrapped(binary: binary, type: type))
    }

    package static var null: Wrapped?? { .some(.none) }
}

/// One-dimensional arrays. The element's own rule decides whether a NULL element is an error.
extension Array: PostgresDecodable where Element: PostgresDecodable {
    package init(binary: RawSpan, type: TypeID) throws(PostgresError) {
        let dimensions: Int32 = try binary.bigEndian(at: 0)
        let element = TypeID(rawValue: try binary.bigEndian(at: 8))
        guard dimensions != 0 else {
            self = []
            return
        }
        guard dimensions == 1 else { throw .decoding("an array of \(dimensions) dimensions") }
        let count: Int32 = try binary.bigEndian(at: 12)
        guard count >= 0, count <= binary.byteCount / 4 else { throw .decoding("not an array (\(type))") }
        var offset = 20
        var values: [Element] = []
        values.reserveCapacity(Int(count))
        for _ in 0..<count {
            let length = Int(try binary.bigEndian(at: offset) as Int32)
            offset += 4
            if length < 0 {
                guard let null = Element.null else { throw .decoding("NULL in an array") }
                values.append(null)
            } else {
                try binary.check(length, at: offset)
                values.append(try Element(binary: binary.extracting(offset..<(offset + length)), type: element))
                offset += length
            }
        }
        self = values
    }
}

extension RawSpan {
    /// The integer at `offset`, from network byte order. Throws a decoding error when the bytes end before it does.
    package func bigEndian<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int) throws(PostgresError) -> T {
        guard offset >= 0, byteCount >= MemoryLayout<T>.size, offset <= byteCount - MemoryLayout<T>.size else {
            throw .decoding("\(byteCount) bytes are too few")
        }
        return T(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
    }

    /// The only integer in the span. Throws a decoding error when the span has another size.
    package func onlyBigEndian<T: FixedWidthInteger & BitwiseCopyable>() throws(PostgresError) -> T {
        guard byteCount == MemoryLayout<T>.size else {
            throw .decoding("\(byteCount) bytes where \(MemoryLayout<T>.size) belong")
        }
        return try bigEndian(at: 0)
    }

    /// A copy of the bytes as text. What is not UTF-8 becomes U+FFFD; `client_encoding` sees to it that all is.
    package func text(from offset: Int = 0) -> String {
        unsafe withUnsafeBytes { bytes in
            unsafe String(decoding: UnsafeRawBufferPointer(rebasing: bytes.dropFirst(offset)), as: UTF8.self)
        }
    }

    /// A copy of the bytes.
    package var array: [UInt8] { unsafe withUnsafeBytes { unsafe Array($0) } }

    /// Throws a decoding error unless `count` bytes begin at `offset`.
    func check(_ count: Int, at offset: Int) throws(PostgresError) {
        guard offset >= 0, offset <= byteCount, count <= byteCount - offset else {
            throw .decoding("\(byteCount) bytes are too few")
        }
    }
}
