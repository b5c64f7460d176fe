import CLinux
import Glibc

/// The process beside a worker that starts its programs and outlives it just long enough to kill them.
///
/// It is the worker's own executable with a hidden argument, one for each lease, in a session of its own: what stops or
/// kills the worker's group does not reach it. It has one thread and does nothing but wait.
package enum GuardProcess {
    static let argument = "--ruche-guard-process"
    /// Where a guard finds its end of the socket, and the memory of the lease.
    static let socket: Int32 = 3
    static let memory: Int32 = 4

    /// Becomes the guard, and never returns, if that is what this process was started for. The first line of the main
    /// function of every program that uses leases.
    package static func runIfAsked() {
        guard CommandLine.arguments.dropFirst().first == argument else { return }
        _ = unsafe chdir("/")
        _ = ruche_close_from(UInt32(memory) + 1)
        for number in [socket, memory] {
            // Who calls this by hand has nothing open there.
            guard fcntl(number, F_SETFD, FD_CLOEXEC) == 0 else { exit(64) }
        }
        let timer = Descriptor(taking: ruche_boot_timer())
        let signals = Descriptor(taking: ruche_child_signals())
        guard let lease = LeaseMemory(mapping: memory), timer.number >= 0, signals.number >= 0,
            ruche_become_subreaper() == 0
        else { exit(71) }
        var loop = GuardLoop(
            channel: Channel(Descriptor(taking: socket)), lease: lease, timer: timer, signals: signals)
        loop.run()
        exit(0)
    }

    /// Starts a guard at the other end of a socket. Returns its process id.
    ///
    /// - Throws: `failed`.
    static func start(executable: String, socket: Int32, memory: Int32) throws(ProcessError) -> pid_t {
        // Above the numbers that they get, so that neither takes the other's place.
        let high = try Descriptor(made: fcntl(socket, F_DUPFD_CLOEXEC, 10), "no descriptor is left")
        let memory = try Descriptor(made: fcntl(memory, F_DUPFD_CLOEXEC, 10), "no descriptor is left")
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, 0, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, high.number, Self.socket)
        unsafe posix_spawn_file_actions_adddup2(&actions, memory.number, Self.memory)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigmask(&attributes, &all)
        let setsid: Int16 = 0x80
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK) | setsid)
        var words = unsafe [executable, argument].map { (word: String) in unsafe strdup(word) }
        unsafe words.append(nil)
        // No variable but the one that may be needed to find the libraries: the others may be secrets.
        let libraries = unsafe getenv("LD_LIBRARY_PATH").map { unsafe "LD_LIBRARY_PATH=" + String(cString: $0) }
        var variables = unsafe [libraries].map { variable in unsafe variable.flatMap { unsafe strdup($0) } }
        unsafe variables.append(nil)
        defer { unsafe (words + variables).forEach { word in unsafe free(word) } }
        var id: pid_t = 0
        let status = unsafe posix_spawn(&id, executable, &actions, &attributes, words, variables)
        guard status == 0 else { throw ProcessError(.failed, "the guard could not be started", errno: status) }
        return id
    }
}
