import Glibc

/// The directory of a file, as a thing that the disk has or has not.
package enum Directory {
    /// Returns when the disk knows that the file of this path exists: forcing a new file to the disk forces its bytes,
    /// and not its name. False, with `errno`, when the disk says no; a directory that may not be read, or a file system
    /// that knows nothing of the kind, is taken as it is.
    package static func sync(of path: String) -> Bool {
        let end = path.lastIndex(of: "/")
        let directory = end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return errno == EACCES }
        defer { close(descriptor) }
        return fsync(descriptor) == 0 || errno == EINVAL || errno == EROFS
    }
}
