import Foundation
import Sealing
import Testing

@testable import CLI

/// The journal of `ruche enqueue --ndjson`, as it may be found on a disk.
@Suite struct JournalTests {
    private func withFile(_ text: String?, _ body: (String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "/ruche-journal-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        if let text { try text.write(toFile: path, atomically: true, encoding: .utf8) }
        try body(path)
    }

    private func open(_ path: String) throws -> BulkJournal {
        try BulkJournal(path, seed: [UInt8](repeating: 7, count: 32), purpose: "test")
    }

    @Test func whatIsNotedIsKnownAgainWhateverTheOrder() throws {
        try withFile(nil) { path in
            var journal: BulkJournal? = try open(path)
            try journal?.add([(7, "seven"), (3, "three"), (900, "late"), (3, "again")])
            journal = nil
            let read = try open(path)
            #expect(try read.has(7, id: "seven"))
            #expect(try read.has(900, id: "late"))
            #expect(try read.has(3, id: "again"), "the later word counts")
            #expect(throws: Failure.self) { try read.has(3, id: "three") }
            for number in [1, 4, 8, 899, 901] { #expect(try !read.has(number, id: "x")) }
        }
    }

    @Test func aLargeNumberInADamagedJournalTakesNoMemory() throws {
        try withFile(nil) { path in
            _ = try open(path)
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data("4294967295 1\n".utf8))
            try handle.close()
            #expect(try !open(path).has(1, id: "x"))
        }
    }

    /// What a journal of these tests begins with.
    private static let header =
        "ruche-journal 1 \(String(repeating: "07", count: 32)) \(String(max(1, Digest.key("test").0), radix: 16))\n"

    @Test(arguments: ["", "3", "3 ", "3 2f", "\0\0\0", String(repeating: "\0", count: 100_000)])
    func aTornLastLineIsCutOff(torn: String) throws {
        let whole = Self.header + "1 \(String(max(1, Digest.key("one").0), radix: 16))\n"
        try withFile(whole + torn) { path in
            #expect(try open(path).has(1, id: "one"))
            let kept = try String(contentsOfFile: path, encoding: .utf8)
            #expect(kept == whole)
        }
    }

    @Test(arguments: [0, 1, 15, 16, 40, 90]) func aTornFirstLineIsWrittenAgain(length: Int) throws {
        try withFile(String(Self.header.prefix(length))) { path in
            #expect(try open(path).seed == [UInt8](repeating: 7, count: 32))
            let kept = try String(contentsOfFile: path, encoding: .utf8)
            #expect(kept == Self.header)
        }
    }

    /// Each of them ends in a line that is torn.
    @Test(arguments: [
        "something else", "ruche-journal 1 is what this file is about", "ruche-journal 2 00", "ruche-journal\n3",
        Self.header.replacing("0707", with: "07zz") + "3",
        Self.header.replacing("\n", with: "\r\n") + "1 2f\r\n3",
        Self.header.replacing("\n", with: "0\n") + "3", Self.header + "1 2f\n7\n3", Self.header + "0 2f\n3",
        Self.header + "4294967296 2f\n3", Self.header + "1 2f 3\n3",
        Self.header + "1 2f\n" + String(repeating: "x", count: 2_000_000),
    ])
    func aFileThatIsRefusedIsLeftAsItIs(text: String) throws {
        try withFile(text) { path in
            #expect { try open(path) } throws: { ($0 as? Failure)?.code == .conflict }
            let kept = try String(contentsOfFile: path, encoding: .utf8)
            #expect(kept == text)
        }
    }
}
