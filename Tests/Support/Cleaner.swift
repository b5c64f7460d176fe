import Foundation

/// Removes what tests leave on the servers, one thing after another, while the next test begins.
enum Cleaner {
    private static let queue: DispatchQueue = {
        // What is left when the tests end is removed before they do.
        atexit {
            Cleaner.wait()
            MigratedDatabase.removeAll()
            SchemaDatabase.remove()
        }
        return DispatchQueue(label: "cleaner")
    }()

    /// Removes something soon. What cannot be removed stays.
    static func later(_ removal: @escaping @Sendable () throws -> Void) { queue.async { try? removal() } }

    /// Waits until everything is removed.
    static func wait() { queue.sync {} }
}
