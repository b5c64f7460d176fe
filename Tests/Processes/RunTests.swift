import Foundation
import Processes
import Testing

@Suite("Programs")
struct RunTests {
    private func lines(_ program: Program) async throws -> [String] {
        try await program.run(under: try Lease(for: .seconds(3600))).tail.map(\.text)
    }

    @Test("Status, output and errors come as they are")
    func ending() async throws {
        let lease = try Lease(for: .seconds(3600))
        let result = try await Program.script("echo out; echo err >&2; exit 7").run(under: lease)
        #expect(result.ending == .exited(7) && !result.ending.isSuccess)
        #expect(result.tail.filter { $0.stream == .output } == [OutputLine(.output, "out")])
        #expect(result.tail.filter { $0.stream == .errors } == [OutputLine(.errors, "err")])
        let killed = try await Program.script("kill -USR1 $$").run(under: lease)
        #expect(killed.ending == .killed(signal: SIGUSR1))
    }

    @Test(
        "No word ever becomes part of a command",
        arguments: ["$(id)", "; rm -rf x", "*", "", " ", "a\"b'c", "{{ lookup('pipe','id') }}", "\u{1F980}", "-n"])
    func words(_ word: String) async throws {
        var program = Program("printf", ["[%s]\n", word])
        #expect(try await lines(program) == ["[\(word)]"])
        program = Program("env", environment: ["WORD": word])
        #expect(try await lines(program) == ["WORD=\(word)"])
    }

    @Test("A program has the variables that it was given and no others")
    func environment() async throws {
        unsafe setenv("RUCHE_TEST_SECRET", "of the worker", 1)
        let program = Program("/usr/bin/env", environment: ["B": "2", "A": "=1"])
        #expect(try await lines(program) == ["A==1", "B=2"])
        #expect(try await lines(Program("/usr/bin/env")) == [])
    }

    @Test("The guard has none of the worker's variables")
    func guardEnvironment() throws {
        unsafe setenv("RUCHE_TEST_SECRET", "of the worker", 1)
        let lease = try Lease(for: .seconds(3600))
        let environment = try Data(contentsOf: URL(filePath: "/proc/\(lease.guardID)/environ"))
        let variables = environment.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        #expect(variables.allSatisfy { $0.hasPrefix("LD_LIBRARY_PATH=") })
    }

    @Test("A program reads nothing, bytes, or a file")
    func input() async throws {
        var program = Program("cat")
        #expect(try await lines(program) == [])
        program.input = .bytes(Array("a\nb".utf8))
        #expect(try await lines(program) == ["a", "b"])
        program.input = .bytes([UInt8](repeating: UInt8(ascii: "\n"), count: 100_000))
        #expect(try await lines(program).count == 50)
        program.input = .file(#filePath)
        #expect(try await lines(program).last == "}")
        program.input = .file("/no/such/file")
        await expectCode(.noSuchPlace) { try await lines(program) }
    }

    @Test("A program has its place, and no other descriptors than its three")
    func descriptors() async throws {
        let open = dup(0)
        #expect(fcntl(open, F_GETFD) & FD_CLOEXEC == 0)
        defer { close(open) }
        #expect(try await lines(Program("pwd", directory: "/usr/bin")) == ["/usr/bin"])
        #expect(try await lines(Program("bin/pwd", directory: "/usr")) == ["/usr"])
        #expect(try await lines(Program("pwd", environment: ["PATH": "bin"], directory: "/usr")) == ["/usr"])
        // The fourth is that with which `ls` reads the list.
        #expect(try await lines(Program("ls", ["/proc/self/fd"])) == ["0", "1", "2", "3"])
    }

    @Test("A program is asked by no signal that the worker blocks or ignores")
    func signals() async throws {
        let kept = signal(SIGPIPE, SIG_IGN)
        defer { signal(SIGPIPE, kept) }
        let masks = try await lines(Program("grep", ["-E", "Sig(Blk|Ign)", "/proc/self/status"]))
        #expect(masks == ["SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000"])
    }

    @Test("A program leads a group and a session of its own")
    func group() async throws {
        let text = try await lines(Program.script("read -r a b c d e f g < /proc/$$/stat; echo $a $e $f")).first
        let words = try #require(text).split(separator: " ")
        #expect(words.count == 3 && words[0] == words[1] && words[0] == words[2])
    }

    @Test("What cannot be started says why")
    func refusals() async throws {
        let lease = try Lease(for: .seconds(3600))
        let script = FileManager.default.temporaryDirectory.appending(path: "ruche-\(UUID().uuidString)")
        let path = script.path(percentEncoded: false)
        defer { try? FileManager.default.removeItem(at: script) }
        // Not by this process: what it starts at this moment would hold the file open, and it would be busy.
        func write(_ text: String) async throws {
            #expect(try await Program.script("printf '\(text)' > \(path)").run(under: lease).ending.isSuccess)
        }
        try await write("#!/no/such/interpreter\\n")
        func code(_ program: Program) async -> ProcessError.Code? {
            do { _ = try await program.run(under: lease) } catch { return (error as? ProcessError)?.code }
            return nil
        }
        #expect(await code(Program(path)) == .notExecutable)
        unsafe chmod(path, 0o755)
        #expect(await code(Program(path)) == .notFound)
        try await write("\\001\\002")
        #expect(await code(Program(path)) == .notExecutable)
        #expect(await code(Program("/usr/bin")) == .notExecutable)
        #expect(await code(Program("/no/such/program")) == .notFound)
        #expect(await code(Program("no-such-program")) == .notFound)
        #expect(await code(Program("sh", environment: ["PATH": "/no/such/folder"])) == .notFound)
        #expect(await code(Program("pwd", directory: "/no/such/folder")) == .noSuchPlace)
        #expect(await code(Program("pwd", directory: "usr")) == .malformed)
        #expect(await code(Program("echo", ["a\u{0}b"])) == .malformed)
        #expect(await code(Program("env", environment: ["A=B": ""])) == .malformed)
        #expect(await code(Program("echo", [String(repeating: "x", count: 200_000)])) == .malformed)
        // The guard has come through all of that.
        #expect(await code(Program("true")) == nil)
    }
}

/// Expects an error with this code.
func expectCode<Value>(
    _ code: ProcessError.Code, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Value
) async {
    do {
        _ = try await body()
        Issue.record("no error", sourceLocation: sourceLocation)
    } catch {
        #expect((error as? ProcessError)?.code == code, sourceLocation: sourceLocation)
    }
}
