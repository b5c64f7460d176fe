import CLinux
import Glibc

/// A directory in memory for the secrets of one run: mode 0700, gone with its owner.
///
/// Its owner holds a lock on it that ends with the process, however that ends. `sweep` finds directories without their
/// lock and removes them. What memory holds may be written to swap where there is any.
package struct SecretDirectory: ~Copyable, Sendable {
    /// Where it is, for programs that are told a directory.
    package let path: String
    private let directory: Descriptor
    private let base: Descriptor
    private let name: String

    /// Where directories are made, unless another place is said: memory on every Linux.
    package static let standardBase = "/dev/shm"
    static let prefix = "ruche-secrets-"

    /// Makes a directory with a name that nobody guesses.
    ///
    /// - Throws: `SecretError`: `notInMemory` when `base` is on a disk, `failed`.
    package init(in base: String = standardBase) throws(SecretError) {
        let place = Descriptor(taking: unsafe open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
        guard place.number >= 0 else { throw SecretError(.failed, "the place for secrets cannot be opened", errno) }
        guard ruche_is_in_memory(place.number) != 0 else {
            throw SecretError(.notInMemory, "the place for secrets is not in memory")
        }
        self = try Self.make(in: base, place)
    }

    private init(path: String, name: String, _ directory: consuming Descriptor, in base: consuming Descriptor) {
        (self.path, self.name) = (path, name)
        self.directory = directory
        self.base = base
    }

    private static func make(in base: String, _ place: consuming Descriptor) throws(SecretError) -> SecretDirectory {
        while true {
            let name = prefix + (try SecretName.make())
            guard unsafe mkdirat(place.number, name, 0o700) == 0 else {
                throw SecretError(.failed, "no directory for secrets could be made", errno)
            }
            let made = SecretTree.open(name, in: place.number)
            guard made.number >= 0 || errno == ENOENT else {
                throw SecretError(.failed, "a directory for secrets cannot be opened", errno)
            }
            // A sweep may come between, find no lock and remove it.
            if made.number >= 0, flock(made.number, LOCK_EX | LOCK_NB) == 0,
                SecretTree.isThere(name, in: place.number, as: made.number)
            {
                return SecretDirectory(path: "\(base)/\(name)", name: name, made, in: place)
            }
        }
    }

    deinit { SecretTree.remove(name, directory.number, in: base.number) }

    /// The open directory.
    var number: Int32 { directory.number }

    /// Writes a secret to a new file, mode 0600, and returns its path.
    ///
    /// - Parameter name: the file's name; without one, one that nobody guesses.
    /// - Throws: `SecretError`: `failed`, also when there is a file of that name.
    package borrowing func write(_ bytes: [UInt8], as name: String? = nil) throws(SecretError) -> SecretFile {
        let name = if let name { name } else { try SecretName.make() }
        guard !name.isEmpty, !name.contains("/"), name != ".", name != "..", !name.utf8.contains(0) else {
            throw SecretError(.failed, "that is no name of a file")
        }
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = Descriptor(taking: unsafe openat(directory.number, name, flags, 0o600))
        // The mode is what it is whatever the process's mask.
        guard file.number >= 0, fchmod(file.number, 0o600) == 0 else {
            throw SecretError(.failed, "no file for a secret could be made", errno)
        }
        let place = fcntl(directory.number, F_DUPFD_CLOEXEC, 3)
        guard place >= 0 else { throw SecretError(.failed, "no descriptor is left", errno) }
        // From here on its end removes it.
        let secret = SecretFile(path: "\(path)/\(name)", name: name, directory: Descriptor(taking: place))
        do throws(ProcessError) { try file.write(bytes) } catch {
            throw SecretError(.failed, "a secret could not be written")
        }
        return secret
    }

    /// Removes what processes left behind that were killed. At the start of a process.
    ///
    /// - Returns: how many directories were removed.
    @discardableResult
    package static func sweep(in base: String = standardBase) -> Int {
        let place = Descriptor(taking: unsafe open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
        guard place.number >= 0 else { return 0 }
        var count = 0
        for name in SecretTree.names(in: place.number) where name.hasPrefix(prefix) {
            let found = SecretTree.open(name, in: place.number)
            var status = stat()
            guard found.number >= 0, unsafe fstat(found.number, &status) == 0, status.st_uid == geteuid(),
                flock(found.number, LOCK_EX | LOCK_NB) == 0
            else { continue }
            SecretTree.remove(name, found.number, in: place.number)
            count += 1
        }
        return count
    }
}

/// A file that holds a secret. Dropped, it is removed.
package struct SecretFile: ~Copyable, Sendable {
    /// Where it is.
    package let path: String
    private let name: String
    private let directory: Descriptor

    fileprivate init(path: String, name: String, directory: consuming Descriptor) {
        (self.path, self.name) = (path, name)
        self.directory = directory
    }

    deinit { unsafe unlinkat(directory.number, name, 0) }
}
