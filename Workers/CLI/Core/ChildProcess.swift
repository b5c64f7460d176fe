import Glibc
import Runtime

/// A process of this same program that runs another verb, in a process group of its own: Ctrl-C at the terminal is this
/// process's affair. Its output goes to a file. It ends with this process, however that ends.
final class ChildProcess {
    /// How one ended.
    enum Ending: Equatable, CustomStringConvertible {
        case exited(Int32)
        case killed(by: Int32)

        var description: String {
            switch self {
            case .exited(let code): "exit code \(code)"
            case .killed(let signal): "signal \(signal)"
            }
        }
    }

    /// The process id.
    let id: pid_t
    /// Where its output is.
    let log: String
    /// The child reads the other end, and learns from its end that this process is gone.
    private let lifeline: Int32
    private var ending: Ending?

    /// Starts it.
    ///
    /// - Parameter changes: what its environment has other than this process's; an empty value is none.
    init(_ words: [String], _ changes: [String: String], log: String) throws(Failure) {
        self.log = log
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw Self.failure("no pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        lifeline = ends[1]
        let environment = Settings.processEnvironment.merging(changes) { $1 }.filter { !$0.value.isEmpty }
        var id: pid_t = 0
        let status = unsafe Self.withPointers(words) { words in
            unsafe Self.withPointers(environment.map { "\($0.key)=\($0.value)" }) { environment in
                unsafe Self.spawn(&id, words, environment, input: ends[0], output: log)
            }
        }
        self.id = id
        guard status == 0 else {
            // What is made whole is taken apart by `deinit`, also here.
            errno = status
            throw Self.failure("a process cannot be started")
        }
    }

    deinit { close(lifeline) }

    /// Sends a signal, unless it has ended.
    func send(_ signal: Int32) { if poll() == nil { _ = kill(id, signal) } }

    /// How it ended; `nil` while it runs.
    func poll() -> Ending? {
        if let ending { return ending }
        var status: Int32 = 0
        guard unsafe waitpid(id, &status, WNOHANG) == id else { return nil }
        ending = status & 0x7F == 0 ? .exited((status >> 8) & 0xFF) : .killed(by: status & 0x7F)
        return ending
    }

    /// Ends this process when its parent is gone. Called in the child; returns at once.
    static func endWithParent() {
        // Signals are for the thread that waits for them.
        Signals.block()
        Thread.start(name: "parent") {
            var byte: UInt8 = 0
            while unsafe read(0, &byte, 1) > 0 || errno == EINTR { errno = 0 }
            _exit(EX_SOFTWARE)
        }.detach()
    }

    private static func spawn(
        _ id: inout pid_t, _ words: UnsafePointer<UnsafeMutablePointer<CChar>?>,
        _ environment: UnsafePointer<UnsafeMutablePointer<CChar>?>, input: Int32, output: String
    ) -> Int32 {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        unsafe sigemptyset(&none)
        // What this process holds back its child must hear.
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        return unsafe posix_spawn(&id, "/proc/self/exe", &actions, &attributes, words, environment)
    }

    private static func withPointers<R>(
        _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R
    ) -> R {
        var pointers = unsafe texts.map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        defer { unsafe pointers.forEach { pointer in unsafe free(pointer) } }
        return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress!) }
    }

    private static func failure(_ what: String) -> Failure { Failure(.failure, "\(what): \(File.lastError)") }
}
