import CLinux
import Glibc

/// An open file, closed exactly once. Every one of them is closed at an exec.
struct Descriptor: ~Copyable {
    let number: Int32

    /// Takes an open file over.
    init(taking number: Int32) { self.number = number }

    /// Takes over what a call of the system has made.
    ///
    /// - Throws: `failed`, with the system's reason, for a negative number.
    init(made number: Int32, _ what: String) throws(ProcessError) {
        guard number >= 0 else { throw ProcessError(.failed, what, errno: errno) }
        self.number = number
    }

    deinit { if number >= 0 { close(number) } }

    /// Gives the open file to whoever closes it from now on.
    consuming func release() -> Int32 {
        let number = number
        discard self
        return number
    }

    /// Both ends of a pipe: what is written to the second is read from the first.
    static func pipe() throws(ProcessError) -> Pipe {
        var ends: (Int32, Int32) = (-1, -1)
        let status = unsafe withUnsafeMutableBytes(of: &ends) {
            unsafe ruche_pipe($0.assumingMemoryBound(to: Int32.self).baseAddress)
        }
        guard status == 0 else { throw ProcessError(.failed, "no pipe could be made", errno: errno) }
        return Pipe(reading: Descriptor(taking: ends.0), writing: Descriptor(taking: ends.1))
    }

    /// Makes reads from this end return at once.
    func stopBlocking() { _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK) }

    /// Memory that is read like a file, from its beginning. It has no name, and goes with its last descriptor.
    static func memory(_ bytes: [UInt8]) throws(ProcessError) -> Descriptor {
        let file = try Descriptor(made: unsafe ruche_memory_file("ruche"), "no memory file could be made")
        try file.write(bytes)
        _ = lseek(file.number, 0, SEEK_SET)
        return file
    }

    /// Writes all of the bytes.
    func write(_ bytes: [UInt8]) throws(ProcessError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(number, buffer.baseAddress! + written, buffer.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw ProcessError(.failed, "bytes could not be written", errno: errno) }
            written += count
        }
    }

    /// All that is left to read; empty when it cannot be read.
    func readAll() -> [UInt8] {
        var all: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe part.withUnsafeMutableBytes { unsafe read(number, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return all }
            all += part[..<count]
        }
    }
}

/// The ends of a pipe.
struct Pipe: ~Copyable {
    let reading: Descriptor
    let writing: Descriptor
}
