import CSodium

/// One secret and what is derived from it, in memory that is locked, fenced by guard pages and zeroed when freed.
///
/// The 32-byte secret is used for nothing but derivation (`crypto_kdf`, BLAKE2b): sub-key 1 is the seed of the X25519
/// pair that producers seal for, sub-key 2 the XChaCha20-Poly1305 key for data at rest. So the two uses cannot weaken
/// each other.
@safe
final class SecretKey: @unchecked Sendable {
    // Safe to share: written in `init` only. The three secrets lie one after the other.
    private let memory: UnsafeMutablePointer<UInt8>

    let publicKey: [UInt8]
    let id: KeyID

    static let count = Int(crypto_kdf_KEYBYTES)
    private static let context = "ruchekey"
    private static let seedIndex: UInt64 = 1
    private static let atRestIndex: UInt64 = 2

    /// Derives the keys of a 32-byte secret.
    init(secret: [UInt8]) {
        precondition(secret.count == Self.count)
        Sodium.prepare()
        let size = 3 * Self.count
        guard let block = unsafe sodium_malloc(size) else { fatalError("no memory for a key") }
        let memory = unsafe block.bindMemory(to: UInt8.self, capacity: size)
        unsafe memory.update(from: secret, count: secret.count)

        let box = unsafe memory + Self.count
        var seed = [UInt8](repeating: 0, count: Self.count)
        var publicKey = [UInt8](repeating: 0, count: Int(crypto_box_PUBLICKEYBYTES))
        unsafe crypto_kdf_derive_from_key(&seed, seed.count, Self.seedIndex, Self.context, memory)
        unsafe crypto_box_seed_keypair(&publicKey, box, seed)
        unsafe sodium_memzero(&seed, seed.count)
        unsafe crypto_kdf_derive_from_key(
            memory + 2 * Self.count, Self.count, Self.atRestIndex, Self.context, memory)
        unsafe sodium_mprotect_readonly(block)

        unsafe self.memory = memory
        self.publicKey = publicKey
        id = KeyID(publicKey: publicKey)
    }

    deinit { unsafe sodium_free(memory) }

    /// A copy of the secret, for writing a key file. The caller zeroes it.
    func copySecret() -> [UInt8] { unsafe Array(UnsafeBufferPointer(start: memory, count: Self.count)) }

    /// The secret half of the X25519 pair, for the length of the closure.
    @inline(__always)
    func withBoxKey<R>(_ body: (UnsafePointer<UInt8>) -> R) -> R { unsafe body(UnsafePointer(memory + Self.count)) }

    /// The key for data at rest, for the length of the closure.
    @inline(__always)
    func withAtRestKey<R>(_ body: (UnsafePointer<UInt8>) -> R) -> R {
        unsafe body(UnsafePointer(memory + 2 * Self.count))
    }
}
