import Ansible
import Foundation
import Processes
import Testing

/// What tests of this target share.
enum Fixture {
    private static let environment = ProcessInfo.processInfo.environment

    /// The folder with recorded runs and playbooks.
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    /// The path of one of them.
    static func path(_ name: String) -> String { folder.appending(path: name).path(percentEncoded: false) }

    /// The lines of a recorded run.
    static func lines(_ name: String) throws -> [String] {
        let text = try String(contentsOf: folder.appending(path: "\(name).jsonl"), encoding: .utf8)
        return text.split(separator: "\n").map(String.init)
    }

    /// Whether ansible is installed, or must be: where `RUCHE_TEST_ANSIBLE` is set, its absence is a failure.
    static let hasAnsible =
        environment["RUCHE_TEST_ANSIBLE"] != nil
        || ["/usr/local/bin", "/usr/bin"].contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/ansible-playbook")
        }

    /// The program that takes the guard's part; the tests' own executable belongs to the toolchain.
    private static let probe: String = {
        // Beside the bundle of tests that is mapped into this process.
        let maps = FileHandle(forReadingAtPath: "/proc/self/maps").flatMap { try? $0.readToEnd() } ?? Data()
        let lines = String(decoding: maps, as: UTF8.self).split(separator: "\n")
        let bundle = lines.first { $0.hasSuffix(".xctest") }?.split(separator: " ").last ?? ""
        return URL(filePath: String(bundle)).deletingLastPathComponent().appending(path: "ProcessProbe")
            .path(percentEncoded: false)
    }()

    /// A lease of the tests; for as long as they may take, unless said otherwise.
    static func lease(for duration: Duration = .seconds(3600)) throws -> Lease {
        try Lease(until: .now + duration, executable: probe)
    }
}

extension Trait where Self == ConditionTrait {
    /// Needs ansible-core and the collection `ansible.posix`: Debian's package `ansible`.
    static var needsAnsible: Self {
        .enabled(if: Fixture.hasAnsible, "needs ansible; RUCHE_TEST_ANSIBLE has its absence fail")
    }
}
