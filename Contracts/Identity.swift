/// Whether a command's messages must have an identity.
public enum Identity: String, Sendable, CaseIterable {
    /// A message without an id ends `failed: id-missing`.
    case required
    /// A message without an id is handled at least once, and so perhaps twice.
    case optional
}
