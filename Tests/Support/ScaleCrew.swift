import Foundation

/// Replicas of an executable for `ruche autoscale --actuator exec`: real processes, as many as its hook was last asked
/// for. The hook writes the number down; a thread of the test starts and stops, so that what it starts ends with the
/// test.
package final class ScaleCrew: Sendable {
    /// What to give to `--exec`.
    package let hook: String
    private let folder: String
    private let box = SharedBox((crew: [RunningProcess](), retired: [RunningProcess](), isOver: false))
    private let thread: TestThread

    /// Starts the first one.
    package init(_ cluster: Cluster, _ executable: String, _ changes: [String: String] = [:]) throws {
        folder = cluster.directory + "/crew-" + executable
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        hook = folder + "/hook"
        try """
        #!/bin/sh
        cd '\(folder)' || exit 1
        [ "$1" = '\(executable)' ] || exit 1
        if [ $# -gt 1 ]; then
            echo "$2" > wish.new && mv wish.new wish
            until [ "$(cat count)" = "$2" ]; do sleep 0.02; done
        fi
        cat count
        """.write(toFile: hook, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: hook)
        let (box, folder) = (box, folder)
        let adjust: @Sendable (Int) throws -> Void = { wish in
            try box.withLock { state in
                while state.crew.count < wish { state.crew.append(try cluster.launch(executable, changes)) }
                while state.crew.count > wish {
                    let process = state.crew.removeLast()
                    process.send(SIGTERM)
                    state.retired.append(process)
                }
            }
            try "\(wish)\n".write(toFile: folder + "/count", atomically: true, encoding: .utf8)
        }
        try adjust(1)
        thread = TestThread {
            var done = 1
            while !box.withLock({ $0.isOver }) {
                let text = (try? String(contentsOfFile: folder + "/wish", encoding: .utf8)) ?? ""
                if let wish = Int(text.trimmingCharacters(in: .newlines)), wish != done {
                    try? adjust(wish)
                    done = wish
                }
                usleep(10_000)
            }
        }
    }

    /// How many there are.
    package var count: Int { box.withLock { $0.crew.count } }

    /// Stops all of them as an operator would. Returns the exit codes of all that there ever were.
    package func stop() -> [Int32] {
        box.withLock { $0.isOver = true }
        thread.join()
        let all = box.withLock { $0.crew + $0.retired }
        for process in all { process.send(SIGTERM) }
        return all.map { $0.waitForExit() }
    }
}
