import Foundation
import Glibc

/// A database server of a test's own, on a small file system of its own: it can be killed, and its disk can be full.
///
/// Needs the right to mount; without it the server is there, and its disk cannot be filled.
package final class PrivateDatabase: Sendable {
    /// Where it is: a user who may create databases.
    package let url: String
    /// Whether its disk is its own.
    package let hasDisk: Bool
    private let directory: String

    /// Starts it: three seconds.
    ///
    /// - Parameters:
    ///   - megabytes: the size of its disk. It is memory of the machine, taken as it is used.
    ///   - connections: how many sessions it takes.
    package init(megabytes: Int = 512, connections: Int = 60) throws {
        let directory = NSTemporaryDirectory() + "/ruche-own-" + UUID().uuidString.prefix(8).lowercased()
        self.directory = directory
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        // Where a run that is killed finds what it has to end.
        if let control = ServerControl.command {
            let list = URL(filePath: control).deletingLastPathComponent().appending(path: "own")
                .path(percentEncoded: false)
            try ServerControl.shell("printf '%s\\n' '\(directory)' >> '\(list)'")
        }
        let mount = "mount -t tmpfs -o size=\(megabytes)m,mode=0755 tmpfs '\(directory)'"
        let hasDisk = (try? ServerControl.shell(mount)) != nil
        self.hasDisk = hasDisk
        do { url = try Self.start(directory, connections: connections) } catch {
            Self.remove(directory, hasDisk: hasDisk)
            throw error
        }
    }

    /// Returns where it is.
    private static func start(_ directory: String, connections: Int) throws -> String {
        try servers("start", directory)
        let addresses = try FinishedProcess(
            path: script, arguments: ["env", directory], environment: ProcessInfo.processInfo.environment)
        guard let url = addresses.output.firstMatch(of: /DATABASE_URL=(\S+)/).map({ String($0.output.1) }) else {
            throw TestFailure("no address of \(directory)")
        }
        // A log that is recycled soon, or it would fill the disk by itself.
        for setting in [
            "max_connections = \(connections)", "max_wal_size = '96MB'", "min_wal_size = '32MB'",
            "superuser_reserved_connections = 0",
        ] {
            try TestServers.administer(url, "ALTER SYSTEM SET \(setting)")
        }
        try servers("restart", directory)
        return url
    }

    /// Runs `restart`, `kill` or `start`, to its end.
    package func run(_ word: String) throws { try Self.servers(word, directory) }

    /// Takes every byte that is free on its disk.
    package func fillDisk() throws {
        guard hasDisk else { throw TestFailure("the server has no disk of its own") }
        // Writes until it cannot; how it ends says nothing.
        try? ServerControl.shell("dd if=/dev/zero of='\(directory)/ballast' bs=64k")
        try? ServerControl.shell("dd if=/dev/zero of='\(directory)/ballast' bs=512 oflag=append conv=notrunc")
    }

    /// Gives it back.
    package func freeDisk() { _ = unsafe unlink("\(directory)/ballast") }

    /// Ends it and removes everything.
    package func remove() {
        Cleaner.wait()
        Self.remove(directory, hasDisk: hasDisk)
    }

    private static func remove(_ directory: String, hasDisk: Bool) {
        try? servers("wipe", directory, only: "")
        if hasDisk { try? ServerControl.shell("umount -l '\(directory)'") }
        try? FileManager.default.removeItem(atPath: directory)
    }

    private static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "scripts/lib/servers").path(percentEncoded: false)

    private static func servers(_ word: String, _ directory: String, only: String = "database") throws {
        try ServerControl.shell("'\(script)' \(word) '\(directory)' \(only)")
    }
}
