import CZlib

/// Compression of what is sent (RFC 1952).
package enum Gzip {
    /// The bytes compressed, fast rather than small: logs shrink to a fifth or less all the same.
    ///
    /// - Returns: `nil` when there is no memory for it.
    package static func compress(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count < Int(UInt32.max) / 2 else { return nil }
        var stream = unsafe z_stream()
        // The library keeps the address of the stream from the first call to the last.
        return unsafe withUnsafeMutablePointer(to: &stream) { unsafe compress(bytes, $0) }
    }

    private static func compress(_ bytes: [UInt8], _ stream: UnsafeMutablePointer<z_stream>) -> [UInt8]? {
        guard unsafe ruche_gzip_begin(stream, 1) == Z_OK else { return nil }
        defer { unsafe deflateEnd(stream) }
        // Enough for the worst case, so that one call does it.
        let bound = Int(unsafe deflateBound(stream, UInt(bytes.count)))
        let compressed = unsafe [UInt8](unsafeUninitializedCapacity: bound) { output, count in
            unsafe bytes.withUnsafeBufferPointer { input in
                unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                unsafe stream.pointee.avail_in = UInt32(input.count)
                unsafe stream.pointee.next_out = output.baseAddress
                unsafe stream.pointee.avail_out = UInt32(output.count)
                let isWhole = unsafe deflate(stream, Z_FINISH) == Z_STREAM_END
                count = isWhole ? Int(unsafe stream.pointee.total_out) : 0
            }
        }
        return compressed.isEmpty ? nil : compressed
    }
}
