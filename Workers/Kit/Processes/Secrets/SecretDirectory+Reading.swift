import CLinux
import Glibc

/// What programs leave in a directory of secrets.
extension SecretDirectory {
    /// The bytes of a file that is directly in it. A link is not followed.
    ///
    /// - Throws: `failed` when there is no such file.
    package borrowing func contents(of name: String) throws(SecretError) -> [UInt8] {
        guard !name.contains("/") else { throw SecretError(.failed, "that is no name of a file") }
        let file = Descriptor(taking: unsafe openat(number, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC))
        guard file.number >= 0 else { throw SecretError(.failed, "a file cannot be read", errno) }
        return file.readAll()
    }

    /// The names in a directory that is directly in it; none when there is no such directory.
    package borrowing func names(in name: String) -> [String] {
        let below = SecretTree.open(name, in: number)
        return below.number >= 0 ? SecretTree.names(in: below.number) : []
    }
}
