import CSodium

/// Unpredictable bytes from the operating system's generator.
package enum SecureRandom {
    /// `count` bytes fit for keys and tokens. Costs a system call for every few hundred bytes.
    package static func bytes(_ count: Int) -> [UInt8] {
        Sodium.prepare()
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { out, filled in
            if count > 0 { unsafe randombytes_buf(out.baseAddress!, count) }
            filled = count
        }
    }
}
