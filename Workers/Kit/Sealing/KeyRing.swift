/// The keys a process opens with. The first one also seals.
///
/// ## Key file
///
///     # a comment; empty lines are allowed too
///     ruche-key:v1:<key id, 8 hex digits>:<32-byte secret, base64>
///     ruche-key:v1:<key id, 8 hex digits>:<32-byte secret, base64>
///
/// The first of at most 16 keys is the current one. The id follows from the secret and is checked, so that a line
/// damaged in copying is found when the process starts and not when the first value fails to open.
///
/// ## Rotation
///
/// A ring that was read from a file follows it: a new first key seals within a second, and a value sealed with a key
/// that the ring does not hold has the file read again. So `rotated(_:)`, put in the file's place in one step, takes
/// effect in all processes without a restart and in no particular order. A file that is missing or damaged changes
/// nothing. Earlier keys stay, and open what was sealed with them.
package struct KeyRing: Sendable {
    private let source: KeySource

    /// Whether the file these keys were read from could be read by every user of the machine. Mounted container secrets
    /// often are, so this is a reason to warn and not to refuse.
    package let isWorldReadable: Bool

    init(_ keys: [SecretKey]) {
        source = KeySource(keys)
        isWorldReadable = false
    }

    /// A ring with one new random key.
    package static func generate() -> KeyRing { KeyRing([newKey()]) }

    /// Reads a key file, and follows it.
    ///
    /// - Throws: `unreadableKeyFile` or `malformedKey`.
    package init(contentsOf path: String) throws(SealingError) {
        let file = try KeyFile(path: path)
        source = try KeySource(following: file)
        isWorldReadable = file.isWorldReadable
    }

    /// Reads the text of a key file.
    ///
    /// - Throws: `malformedKey`, naming the line and never its content.
    package init(parsing text: String) throws(SealingError) { self.init(try KeyFile.keys(in: text)) }

    /// The text of a key file with a new random key before those that are there. Comments stay.
    ///
    /// - Throws: `malformedKey`, also when there are 16 keys already.
    package static func rotated(_ text: String) throws(SealingError) -> String {
        let rotated = KeyFile.line(newKey()) + "\n" + text
        _ = try KeyFile.keys(in: rotated)
        return rotated
    }

    /// The text of a key file with these keys. It holds the secrets: write it to a file that only its owner can read.
    package var fileText: String { source.keys.map { KeyFile.line($0) + "\n" }.joined() }

    /// What producers seal with.
    package var publicKey: PublicKey {
        let current = current
        return PublicKey(bytes: current.publicKey, id: current.id)
    }

    /// The ids of the keys in the ring, the current one first.
    package var keyIDs: [KeyID] { source.keys.map(\.id) }

    var current: SecretKey { source.current }

    @inline(__always)
    func key(where matches: (KeyID) -> Bool) throws(SealingError) -> SecretKey {
        if let key = source.key(where: matches) { return key }
        throw SealingError(.unknownKey, "sealed for a key that this process does not hold")
    }

    private static func newKey() -> SecretKey {
        var secret = SecureRandom.bytes(SecretKey.count)
        defer { secret.zero() }
        return SecretKey(secret: secret)
    }
}
