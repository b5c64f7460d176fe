import Glibc
import Runtime

/// A command line of the operator's, run by the shell to its end. Its stderr is this process's; it reads nothing.
enum HookProcess {
    /// Bytes of output that are kept.
    private static let outputLimit = 65_536

    /// Runs `command` with arguments behind it.
    ///
    /// - Parameter limit: after this time its process group is killed.
    /// - Throws: when it cannot be started, or is not done in time.
    static func run(
        _ command: String, _ arguments: [String], within limit: Duration
    ) throws(Failure) -> (ending: ChildProcess.Ending, output: String) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw Failure(.failure, "no pipe: \(File.lastError)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        var id: pid_t = 0
        // The shell takes the command apart, and gets the arguments as they are.
        let words = ["sh", "-c", "\(command) \"$@\"", command] + arguments
        let status = spawn(&id, words, output: ends[1])
        close(ends[1])
        guard status == 0 else {
            errno = status
            throw Failure(.failure, "\(command): \(File.lastError)")
        }
        let deadline = Monotonic.now + limit
        var output: [UInt8] = []
        while true {
            // In this order: what it wrote before its end is read after it.
            let ending = ending(of: id)
            read(from: ends[0], into: &output, for: ending == nil ? 10 : 0)
            if let ending { return (ending, String(decoding: output, as: UTF8.self)) }
            guard Monotonic.now < deadline else {
                var code: Int32 = 0
                _ = kill(-id, SIGKILL)
                _ = unsafe waitpid(id, &code, 0)
                throw Failure(.failure, "\(command) took longer than \(limit)")
            }
        }
    }

    private static func ending(of id: pid_t) -> ChildProcess.Ending? {
        var code: Int32 = 0
        guard unsafe waitpid(id, &code, WNOHANG) == id else { return nil }
        return code & 0x7F == 0 ? .exited((code >> 8) & 0xFF) : .killed(by: code & 0x7F)
    }

    /// Reads what is there, and waits a little for something. The end of the stream is not waited for: a worker that
    /// the hook leaves behind may keep it open.
    private static func read(from descriptor: Int32, into output: inout [UInt8], for milliseconds: Int32) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        var patience = milliseconds
        while true {
            var wish = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&wish, 1, patience) > 0 else { return }
            let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else {
                // Closed, and the process goes on: no reason to ask again at once.
                if patience > 0 { usleep(UInt32(patience) * 1000) }
                return
            }
            output.append(contentsOf: buffer[..<count].prefix(outputLimit - output.count))
            patience = 0
        }
    }

    private static func spawn(_ id: inout pid_t, _ words: [String], output: Int32) -> Int32 {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        unsafe sigemptyset(&none)
        // What this process holds back its child must hear. A group of its own: Ctrl-C is this process's affair.
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        var pointers = unsafe words.map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        defer { unsafe pointers.forEach { pointer in unsafe free(pointer) } }
        return unsafe pointers.withUnsafeBufferPointer {
            unsafe posix_spawn(&id, "/bin/sh", &actions, &attributes, $0.baseAddress!, environ)
        }
    }
}
