import Glibc

/// An open file, closed exactly once.
struct Descriptor: ~Copyable {
    let number: Int32

    /// Opens a file for reading and writing, which is made when it is not there, for its owner alone. The number is
    /// negative when that fails.
    init(private path: String) { number = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }

    /// Opens a file that is there, for reading alone. The number is negative when that fails.
    init(reading path: String) { number = unsafe open(path, O_RDONLY | O_CLOEXEC) }

    deinit { if number >= 0 { close(number) } }
}
