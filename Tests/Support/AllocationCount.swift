import Foundation

/// Counts the allocations of a process that is started with ``environment``. Exact: every call of the C library's
/// allocator counts, Swift's included.
package struct AllocationCount: Sendable {
    private let path: String
    private let library: String

    /// Compiles the counter, with the compiler that comes with Swift.
    package init(in directory: String) throws {
        let source = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Allocations/count.c").path(percentEncoded: false)
        library = directory + "/count.so"
        path = directory + "/allocations-" + UUID().uuidString
        try reset()
        let built = try FinishedProcess(
            path: "/usr/bin/env", arguments: ["clang", "-O2", "-shared", "-fPIC", "-o", library, source],
            environment: ProcessInfo.processInfo.environment)
        guard built.status == 0 else { throw TestFailure("the counter does not compile: \(built.errors)") }
    }

    /// Begins at nothing, for another process. The one before must have ended.
    package func reset() throws { try Data(count: 16).write(to: URL(filePath: path)) }

    /// What the process needs in its environment.
    package var environment: [String: String] { ["LD_PRELOAD": library, "RUCHE_ALLOCATIONS": path] }

    /// How many allocations there were so far.
    package func now() throws -> Int {
        let bytes = try Data(contentsOf: URL(filePath: path))
        guard bytes.count == 16 else { throw TestFailure("no count of allocations") }
        return bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
