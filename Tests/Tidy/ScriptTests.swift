import Testing

@Suite("Scripts")
struct ScriptTests {
    /// The programs a person calls: everything in `scripts/` that has no extension.
    static let programs = Repository.files.filter {
        $0.isUnder("scripts/") && !$0.path.split(separator: "/").joined().contains(".") && $0.lines[0].hasPrefix("#!")
    }

    @Test("It can be run and says how", arguments: programs.map(\.path))
    func isProgram(_ path: String) throws {
        let file = try #require(Self.programs.first { $0.path == path })
        #expect(Repository.isExecutable(path))
        #expect(file.lines[1].hasPrefix("# Usage: \(path)"), "the second line is the beginning of the manual")
        #expect(file.lines.contains { $0.contains("--help") }, "--help prints the manual")
        #expect(file.lines.contains("set -euo pipefail"), "a failure ends the script")
    }

    @Test("The continuous integration calls scripts/test and nothing else")
    func integration() throws {
        let text = try Repository.text(".ci/run")
        #expect(text.hasSuffix("exec \"$(dirname -- \"$0\")/../scripts/test\"\n"))
        #expect(Repository.isExecutable(".ci/run"))
    }
}
