import Foundation

/// Clocks of processes that can be set while these run, by Debian's libfaketime. Monotonic clocks stay what they are,
/// as they do when a machine's clock is set.
package struct NemesisClocks: Sendable {
    private static let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
    private let directory: String

    /// Whether the library is installed.
    package static var areThere: Bool { FileManager.default.fileExists(atPath: library) }

    /// `nil` where the library is not installed.
    package init?(directory: String) {
        guard Self.areThere else { return nil }
        self.directory = directory
    }

    /// What a process of this number is started with.
    package func environment(of number: Int) -> [String: String] {
        try? step(number, by: 0)
        return [
            "LD_PRELOAD": Self.library, "FAKETIME_TIMESTAMP_FILE": path(number), "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1", "FAKETIME_CACHE_DURATION": "1", "FAKETIME_DONT_RESET": "1",
        ]
    }

    /// Sets the clock of a process so many seconds ahead of the machine's.
    package func step(_ number: Int, by seconds: Int) throws {
        try (seconds < 0 ? "\(seconds)" : "+\(seconds)").write(toFile: path(number), atomically: true, encoding: .utf8)
    }

    private func path(_ number: Int) -> String { "\(directory)/clock-\(number)" }
}
