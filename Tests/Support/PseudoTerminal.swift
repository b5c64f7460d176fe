import Foundation
import Glibc

/// A program on a terminal of its own: it leads a session, so that Ctrl-C reaches it as it would at a desk.
package final class PseudoTerminal {
    private let master: Int32
    private let id: pid_t
    private var status: Int32?
    private var bytes: [UInt8] = []

    /// Everything the program has shown so far, escape sequences among it.
    package var output: String { String(decoding: bytes, as: UTF8.self) }

    /// The lines it has shown, without their ends.
    package var lines: [String] {
        output.split(separator: "\r\n", omittingEmptySubsequences: true).map(String.init)
    }

    /// Starts a program on a terminal of so many columns.
    ///
    /// - Parameter errors: where stderr goes; to the same terminal when `nil`.
    package init(
        path: String, arguments: [String], environment: [String: String], columns: UInt16 = 80, rows: UInt16 = 24,
        errors: String? = nil
    ) throws {
        master = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var number: UInt32 = 0
        var isLocked: Int32 = 0
        // TIOCGPTN and TIOCSPTLCK, what `ptsname` and `unlockpt` do: those are shown to X/Open programs only.
        guard master >= 0, unsafe ioctl(master, 0x8004_5430, &number) == 0,
            unsafe ioctl(master, 0x4004_5431, &isLocked) == 0
        else { throw TestFailure("no pseudo-terminal: \(errno)") }
        let name = "/dev/pts/\(number)"
        Self.resize(master, columns, rows)
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        // The first terminal that the leader of a session opens is its own.
        unsafe posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, 0, 1)
        if let errors {
            unsafe posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        } else {
            unsafe posix_spawn_file_actions_adddup2(&actions, 0, 2)
        }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // No signal is held back or ignored, whatever the test's own threads do.
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        // POSIX_SPAWN_SETSID, which the header shows to GNU programs only.
        let setSession: Int32 = 0x80
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | setSession))
        var child: pid_t = 0
        let words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
        let pairs = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        defer { unsafe (words + pairs).forEach { unsafe free($0) } }
        let failure = unsafe posix_spawn(&child, path, &actions, &attributes, words, pairs)
        guard failure == 0 else {
            close(master)
            throw TestFailure("\(path) does not start: \(failure)")
        }
        id = child
    }

    deinit {
        if status == nil {
            kill(id, SIGKILL)
            var ignored: Int32 = 0
            unsafe waitpid(id, &ignored, 0)
        }
        close(master)
    }

    /// Types these characters; `"\u{3}"` is Ctrl-C.
    package func type(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard unsafe write(master, bytes, bytes.count) == bytes.count else { throw TestFailure("cannot type") }
    }

    /// Sends a signal, as `kill` would.
    package func signal(_ number: Int32) { if status == nil { kill(id, number) } }

    /// Makes the terminal another size; the program hears of it by SIGWINCH.
    package func resize(columns: UInt16, rows: UInt16) { Self.resize(master, columns, rows) }

    /// Whether the terminal shows what is typed and waits for whole lines, as a shell wants to find it.
    package var isCooked: Bool {
        var settings = termios()
        guard unsafe tcgetattr(master, &settings) == 0 else { return false }
        return settings.c_lflag & UInt32(ICANON) != 0 && settings.c_lflag & UInt32(ECHO) != 0
    }

    /// Reads until the output holds `text`.
    package func waitForOutput(containing text: String, within seconds: Double = 30) throws {
        try waitForOutput("it never said \(text)", within: seconds) { $0.contains(text) }
    }

    /// Reads until the output is as wanted.
    package func waitForOutput(
        _ failure: String = "it never said that", within seconds: Double = 30, _ isWanted: (String) -> Bool
    ) throws {
        let deadline = Date.now.addingTimeInterval(seconds)
        while !isWanted(output) {
            guard Date.now < deadline, read() || status == nil else { throw TestFailure("\(failure):\n\(output)") }
        }
    }

    /// Reads until the last whole page that was drawn is as wanted. A page begins at the top left corner and ends with
    /// the rest of the screen cleared.
    package func waitForPage(within seconds: Double = 30, _ isWanted: (String) -> Bool) throws {
        try waitForOutput("no such page", within: seconds) { output in
            let pages = output.components(separatedBy: "\u{1B}[H").dropFirst()
            return pages.last { $0.contains("\u{1B}[J") }.map(isWanted) ?? false
        }
    }

    /// Reads to the end. Returns the exit code, or the signal's number plus 128, as a shell does.
    @discardableResult
    package func waitForExit(within seconds: Double = 60) throws -> Int32 {
        let deadline = Date.now.addingTimeInterval(seconds)
        while true {
            while read() {}
            if let status { return status }
            var raw: Int32 = 0
            if unsafe waitpid(id, &raw, WNOHANG) == id {
                status = raw & 0x7F == 0 ? raw >> 8 & 0xFF : 128 + (raw & 0x7F)
                continue
            }
            guard Date.now < deadline else { throw TestFailure("it does not end:\n\(output)") }
        }
    }

    /// Reads what is there, waiting up to 50 ms; false when nothing was.
    private func read() -> Bool {
        var wait = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&wait, 1, status == nil ? 50 : 0) > 0, wait.revents & Int16(POLLIN) != 0 else {
            // Without a reader at the other end poll returns at once.
            if wait.revents & Int16(POLLHUP) != 0, status == nil { usleep(5000) }
            return false
        }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe Glibc.read(master, &buffer, buffer.count)
        guard count > 0 else { return false }
        bytes += buffer[..<count]
        return true
    }

    private static func resize(_ descriptor: Int32, _ columns: UInt16, _ rows: UInt16) {
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = unsafe ioctl(descriptor, UInt(TIOCSWINSZ), &size)
    }
}
