import Foundation
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
}
