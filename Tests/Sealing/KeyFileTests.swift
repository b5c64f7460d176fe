import Glibc
import Testing

@testable import Sealing

@Suite("Key files")
struct KeyFileTests {
    @Test("The text of a ring is read back with all keys")
    func roundTrip() throws {
        let ring = try KeyRing.generate().rotated()
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
            (0...16).map { _ in KeyRing.generate().fileText }.joined(),
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

    @Test("A rotated file keeps its comments, and takes no seventeenth key")
    func rotatedText() throws {
        var text = "# the fleet's keys\n" + Fixture.keyFile
        for count in 2...16 {
            text = try KeyRing.rotated(text)
            #expect(try KeyRing(parsing: text).keyIDs.count == count)
        }
        #expect(text.hasSuffix("# the fleet's keys\n" + Fixture.keyFile))
        #expect(code { try KeyRing.rotated(text) } == .malformedKey)
    }

    @Test("A value sealed with a key that came to the file later opens, without reading the ring again")
    func followsToOpen() throws {
        try withFile(Fixture.keyFile, mode: 0o600) { path in
            let reader = try KeyRing(contentsOf: path)
            let writer = try KeyRing(parsing: KeyRing.rotated(Fixture.keyFile))
            let sealed = writer.seal([1, 2, 3], context: "c")
            #expect(code { try reader.open(sealed, context: "c") } == .unknownKey)
            try replace(path, with: writer.fileText)
            #expect(try reader.open(sealed, context: "c") == [1, 2, 3])
            #expect(reader.keyIDs == writer.keyIDs)
            #expect(try reader.open(Fixture.sealedAtRest, context: "column payload") == Array("kept for years".utf8))
        }
    }

    @Test("A new first key seals, without reading the ring again", .timeLimit(.minutes(1)))
    func followsToSeal() throws {
        try withFile(Fixture.keyFile, mode: 0o600) { path in
            let ring = try KeyRing(contentsOf: path)
            #expect(ring.publicKey.description == Fixture.publicKey)
            let rotated = try KeyRing.rotated(Fixture.keyFile)
            try replace(path, with: rotated)
            let new = try KeyRing(parsing: rotated).publicKey
            while ring.publicKey != new { sched_yield() }
            #expect(try KeyRing(parsing: rotated).open(ring.seal([7], context: ""), context: "") == [7])
        }
    }

    @Test("A file that is damaged or gone changes nothing", arguments: ["hunter2", "", nil])
    func keepsWhatItHas(text: String?) throws {
        try withFile(Fixture.keyFile, mode: 0o600) { path in
            let ring = try KeyRing(contentsOf: path)
            if let text { try replace(path, with: text) } else { unsafe unlink(path) }
            #expect(code { try ring.open(KeyRing.generate().seal([1], context: ""), context: "") } == .unknownKey)
            #expect(ring.publicKey.description == Fixture.publicKey)
            #expect(try ring.open(Fixture.sealedAtRest, context: "column payload") == Array("kept for years".utf8))
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

/// Puts a text in the place of a file in one step.
func replace(_ path: String, with text: String) throws {
    try withFile(text, mode: 0o600) { new in
        try #require(unsafe link(new, path + ".new") == 0 && rename(path + ".new", path) == 0)
    }
}

extension KeyRing {
    /// The ring that a rotation of its file gives.
    func rotated() throws -> KeyRing { try KeyRing(parsing: KeyRing.rotated(fileText)) }
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
