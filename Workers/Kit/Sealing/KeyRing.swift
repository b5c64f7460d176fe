/// The keys a process opens with: the current one, which also seals, and the one before it while a rotation lasts.
///
/// ## Key file
///
///     # a comment; empty lines are allowed too
///     ruche-key:v1:<key id, 8 hex digits>:<32-byte secret, base64>
///     ruche-key:v1:<key id, 8 hex digits>:<32-byte secret, base64>
///
/// The first key is the current one, the second, optional, the previous. The id follows from the secret and is checked,
/// so that a line damaged in copying is found when the process starts and not when the first value fails to open.
///
/// To rotate: write `rotated().fileText`, restart the readers, then the writers; drop the second line when nothing
/// sealed with it is left.
package struct KeyRing: Sendable {
    let current: SecretKey
    let previous: SecretKey?

    /// Whether the file these keys were read from may be read by every user of the machine. Mounted container secrets
    /// often are, so this is a reason to warn and not to refuse.
    package private(set) var isWorldReadable = false

    init(current: SecretKey, previous: SecretKey?) {
        self.current = current
        self.previous = previous
    }

    /// A ring with one new random key.
    package static func generate() -> KeyRing {
        var secret = SecureRandom.bytes(SecretKey.count)
        defer { secret.zero() }
        return KeyRing(current: SecretKey(secret: secret), previous: nil)
    }

    /// Reads a key file.
    ///
    /// - Throws: `unreadableKeyFile` or `malformedKey`.
    package init(contentsOf path: String) throws(SealingError) {
        let file = try KeyFile(path: path)
        self = try KeyRing(parsing: file.text)
        isWorldReadable = file.isWorldReadable
    }

    /// Reads the text of a key file.
    ///
    /// - Throws: `malformedKey`, naming the line and never its content.
    package init(parsing text: String) throws(SealingError) {
        let keys = try KeyFile.keys(in: text)
        self.init(current: keys[0], previous: keys.count > 1 ? keys[1] : nil)
    }

    /// The ring after a rotation: a new random current key, and the current one as the previous. An older one is
    /// dropped.
    package func rotated() -> KeyRing {
        KeyRing(current: KeyRing.generate().current, previous: current)
    }

    /// The text of a key file with these keys. It holds the secrets: write it to a file that only its owner can read.
    package var fileText: String {
        ([current] + (previous.map { [$0] } ?? [])).map(KeyFile.line).joined(separator: "\n") + "\n"
    }

    /// What producers seal with.
    package var publicKey: PublicKey { PublicKey(bytes: current.publicKey, id: current.id) }

    /// The ids of the keys in the ring, the current one first.
    package var keyIDs: [KeyID] { [current.id] + (previous.map { [$0.id] } ?? []) }

    @inline(__always)
    func key(where matches: (KeyID) -> Bool) throws(SealingError) -> SecretKey {
        if matches(current.id) { return current }
        if let previous, matches(previous.id) { return previous }
        throw SealingError(.unknownKey, "sealed for a key that this process does not hold")
    }
}
