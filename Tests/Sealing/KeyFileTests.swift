import Glibc
import Testing

@testable import Sealing

@Suite("Key files")
struct KeyFileTests {
    @Test("The text of a ring is read back with both keys")
    func roundTrip() throws {
        let ring = KeyRing.generate().rotated()
        let read = try KeyRing(parsing: "# the fleet's keys\r\n\n" + ring.fileText)
        #expect(read.keyIDs == ring.keyIDs)
        #expect(try read.open(ring.seal([1], context: "c"), context: "c") == [1])
    }

    @Test("A key's id follows from its secret")
    func stableID() throws {
        #expect(try KeyRing(parsing: Fixture.keyFile).publicKey.description == Fixture.publicKey)
        #expect(try KeyRing(parsing: Fixture.keyFile).fileText == Fixture.keyFile)
    }

    @Test(
        "A malformed file is refused with its line and without its content",
        arguments: [
            "", "# only a comment\n", "hunter2", "ruche-key:v1:", "ruche-key:v1:00000000:hunter2", "ruche-key:v9:a:b",
            "ruche-key:v1:00000000:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            KeyRing.generate().fileText + KeyRing.generate().fileText + KeyRing.generate().fileText,
        ])
    func malformed(text: String) throws {
        let error = #expect(throws: SealingError.self) { try KeyRing(parsing: text) }
        #expect(error?.code == .malformedKey)
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test("A file open to everybody is read and flagged", arguments: [(mode_t(0o600), false), (mode_t(0o644), true)])
    func permissions(mode: mode_t, isWorldReadable: Bool) throws {
        try withFile(Fixture.keyFile, mode: mode) { path in
            let ring = try KeyRing(contentsOf: path)
            #expect(ring.isWorldReadable == isWorldReadable)
        }
    }

    @Test("A missing file, a directory and a huge file are refused")
    func unreadable() throws {
        #expect(code { try KeyRing(contentsOf: "/nonexistent/key") } == .unreadableKeyFile)
        #expect(code { try KeyRing(contentsOf: "/") } == .unreadableKeyFile)
        try withFile(String(repeating: "#", count: 70_000), mode: 0o600) { path in
            #expect(code { try KeyRing(contentsOf: path) } == .malformedKey)
        }
    }
}

/// Runs a closure with a temporary file of the given text and mode.
func withFile(_ text: String, mode: mode_t, _ body: (String) throws -> Void) throws {
    var template = Array("/tmp/ruche-sealing-XXXXXX".utf8CString)
    let descriptor = unsafe mkstemp(&template)
    try #require(descriptor >= 0)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unsafe unlink(path) }
    let bytes = Array(text.utf8)
    try #require(unsafe write(descriptor, bytes, bytes.count) == bytes.count)
    fchmod(descriptor, mode)
    close(descriptor)
    try body(path)
}
