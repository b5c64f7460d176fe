import Foundation
import Glibc

/// Ends what a test process leaves behind when it dies: a shell of its own is told of every process that tests start,
/// and kills those that still run once nobody can tell it of more.
///
/// The kernel's own means, a signal at the parent's death, comes at the end of the *thread* that started a process, and
/// tests start processes on threads that end.
package final class ProcessGuard: Sendable {
    /// That of this test process. It lasts as long as the process does, however that ends.
    static let shared = ProcessGuard()

    /// The shell reads at the other end, and learns from its end that nobody is left who writes.
    private let pipe: Int32

    package init() {
        var ends: [Int32] = [-1, -1]
        _ = unsafe Glibc.pipe(&ends)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        pipe = ends[1]
        Self.spawn(reading: ends[0])
        close(ends[0])
    }

    deinit { close(pipe) }

    /// From now on the process ends at the latest when this test process does. A number that is given to another
    /// process later harms nobody: the shell also compares the time at which the process began.
    package func watch(_ id: Int32) {
        let line = Array("\(id) \(Self.birth(of: id))\n".utf8)
        // Less than a pipe takes in one piece, so that lines of several threads do not mix.
        _ = unsafe line.withUnsafeBytes { unsafe write(pipe, $0.baseAddress, $0.count) }
    }

    /// The tick of the machine at which the process began.
    private static func birth(of id: Int32) -> Substring {
        let stat = (try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)) ?? ""
        // The name of the program stands in parentheses, and may hold any.
        let fields = (stat.split(separator: ")").last ?? "").split(separator: " ")
        return fields.count > 19 ? fields[19] : "0"
    }

    private static let script = """
        for file in /proc/self/fd/*; do
            [ "${file##*/}" -le 2 ] || eval "exec ${file##*/}>&-"
        done
        trap '' INT TERM HUP
        while read -r line; do lines+=("$line"); done
        for line in "${lines[@]}"; do
            { read -r stat < "/proc/${line% *}/stat"; } 2> /dev/null || continue
            read -r -a fields <<< "${stat##*)}"
            [ "${fields[19]}" = "${line#* }" ] && kill -KILL "${line% *}"
        done
        """

    /// In a group of its own: what a terminal sends to the tests is not for it. It closes what it inherits.
    private static func spawn(reading input: Int32) {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
        for output in [Int32(1), 2] {
            unsafe posix_spawn_file_actions_addopen(&actions, output, "/dev/null", O_WRONLY, 0)
        }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        var words = unsafe ["bash", "-c", script].map { (word: String) in unsafe strdup(word) }
        unsafe words.append(nil)
        defer { unsafe words.forEach { word in unsafe free(word) } }
        var id: pid_t = 0
        _ = unsafe posix_spawn(&id, "/bin/bash", &actions, &attributes, words, environ)
    }
}
