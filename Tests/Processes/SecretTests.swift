import Foundation
import Testing

@testable import Processes

@Suite("Secrets in files")
struct SecretTests {
    /// A place of this test's own in memory.
    private func withPlace(_ body: (String) async throws -> Void) async throws {
        let place = "/dev/shm/ruche-tests-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: place) }
        try await body(place)
    }

    private func names(_ path: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? ["no such place"]
    }

    private func mode(_ path: String) throws -> mode_t {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { throw Missing(path) }
        return status.st_mode
    }

    @Test("A secret is its owner's alone, and goes with its file and its directory", arguments: [0, 0o077])
    func modes(mask: mode_t) async throws {
        try await withPlace { place in
            let before = umask(mask)
            defer { umask(before) }
            do {
                let directory = try SecretDirectory(in: place)
                #expect(try mode(directory.path) == S_IFDIR | 0o700)
                let kept = try directory.write(Array("key".utf8), as: "id_ed25519")
                #expect(kept.path == "\(directory.path)/id_ed25519" && names(directory.path) == ["id_ed25519"])
                do {
                    let file = try directory.write(Array("password".utf8))
                    #expect(try mode(file.path) == S_IFREG | 0o600)
                    #expect(try String(contentsOfFile: file.path, encoding: .utf8) == "password")
                }
                #expect(names(directory.path) == ["id_ed25519"])
                // What a program adds goes with the rest.
                try FileManager.default.createDirectory(
                    atPath: "\(directory.path)/a/b", withIntermediateDirectories: true)
                try "x".write(toFile: "\(directory.path)/a/b/c", atomically: false, encoding: .utf8)
            }
            #expect(names(place) == [])
        }
    }

    @Test("A file that is there, or a link, is never written to")
    func links() async throws {
        try await withPlace { place in
            let directory = try SecretDirectory(in: place)
            let target = "\(place)/target"
            try FileManager.default.createSymbolicLink(atPath: "\(directory.path)/link", withDestinationPath: target)
            _ = FileManager.default.createFile(atPath: "\(directory.path)/file", contents: nil)
            for name in ["link", "file", "", ".", "..", "../x", "a\u{0}b"] {
                let error = #expect(throws: SecretError.self) { _ = try directory.write([1], as: name) }
                #expect(error?.code == .failed && error?.description.contains(place) == false)
            }
            #expect(names(place).count == 1)
        }
    }

    @Test("What programs leave in a directory can be read, and nothing outside it")
    func reading() async throws {
        try await withPlace { place in
            try "outside".write(toFile: "\(place)/outside", atomically: false, encoding: .utf8)
            let directory = try SecretDirectory(in: place)
            let file = try directory.write(Array("known".utf8), as: "known_hosts")
            try "more".write(toFile: file.path, atomically: false, encoding: .utf8)
            #expect(try directory.contents(of: "known_hosts") == Array("more".utf8))
            try FileManager.default.createSymbolicLink(
                atPath: "\(directory.path)/link", withDestinationPath: "\(place)/outside")
            for name in ["link", "../outside", "\(place)/outside", "absent"] {
                #expect(throws: SecretError.self, "\(name)") { _ = try directory.contents(of: name) }
            }
            try FileManager.default.createDirectory(
                atPath: "\(directory.path)/below", withIntermediateDirectories: false)
            try "x".write(toFile: "\(directory.path)/below/socket", atomically: false, encoding: .utf8)
            #expect(directory.names(in: "below") == ["socket"] && directory.names(in: "absent") == [])
        }
    }

    @Test("A place on a disk is refused")
    func disk() throws {
        let error = #expect(throws: SecretError.self) { _ = try SecretDirectory(in: "/proc") }
        #expect(error?.code == .notInMemory)
        #expect(throws: SecretError.self) { _ = try SecretDirectory(in: "/no/such/place") }
    }

    @Test("What the dead left behind is swept; the living keep theirs, and links lead nowhere")
    func sweep() async throws {
        try await withPlace { place in
            let living = try SecretDirectory(in: place)
            let file = try living.write([1, 2, 3])
            let stale = "\(place)/\(SecretDirectory.prefix)0"
            try FileManager.default.createDirectory(atPath: stale + "/below", withIntermediateDirectories: true)
            try "secret".write(toFile: stale + "/below/key", atomically: false, encoding: .utf8)
            try FileManager.default.createDirectory(atPath: place + "/other", withIntermediateDirectories: true)
            try "kept".write(toFile: place + "/other/file", atomically: false, encoding: .utf8)
            try FileManager.default.createSymbolicLink(
                atPath: "\(place)/\(SecretDirectory.prefix)1", withDestinationPath: "\(place)/other")
            #expect(SecretDirectory.sweep(in: place) == 1)
            #expect(!FileManager.default.fileExists(atPath: stale))
            #expect(names(place + "/other") == ["file"] && names(living.path).count == 1)
            #expect(FileManager.default.fileExists(atPath: file.path))
            #expect(SecretDirectory.sweep(in: place) == 0)
        }
    }

    @Test("A process that is killed leaves a directory that the next one sweeps")
    func killed() async throws {
        try await withPlace { place in
            let worker = try ProbeWorker(secretsIn: place)
            let path = try await worker.line().orThrow("a path")
            #expect(names(path) == ["key"])
            #expect(SecretDirectory.sweep(in: place) == 0)
            #expect(FileManager.default.fileExists(atPath: path))
            kill(worker.process.id, SIGKILL)
            #expect(await worker.process.dies())
            #expect(SecretDirectory.sweep(in: place) == 1 && names(place) == [])
        }
    }
}
