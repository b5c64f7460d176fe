import Foundation
package import Processes

/// Leases for tests of what runs programs.
package enum TestLease {
    /// The program that takes the guard's part; the tests' own executable belongs to the toolchain.
    private static let probe: String = {
        // Beside the bundle of tests that is mapped into this process.
        let maps = FileHandle(forReadingAtPath: "/proc/self/maps").flatMap { try? $0.readToEnd() } ?? Data()
        let lines = String(decoding: maps, as: UTF8.self).split(separator: "\n")
        let bundle = lines.first { $0.hasSuffix(".xctest") }?.split(separator: " ").last ?? ""
        return URL(filePath: String(bundle)).deletingLastPathComponent().appending(path: "ProcessProbe")
            .path(percentEncoded: false)
    }()

    /// A lease for as long as the tests may take, unless said otherwise.
    package static func take(for duration: Duration = .seconds(3600)) throws -> Lease {
        try Lease(until: .now + duration, executable: probe)
    }
}
