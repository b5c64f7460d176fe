import Foundation
import Processes
import TestSupport
import Testing

@testable import SSH

/// Commands on a machine, through a real sshd.
@Suite("SSH connections", .enabled(if: SSHServer.isThere, "needs sshd"), .serialized)
struct ConnectionTests {
    private let lease: Lease

    init() throws { lease = try TestLease.take() }

    private func connection(
        to server: borrowing SSHServer, hostKey: String? = nil, key: String? = nil, port: Int? = nil
    ) throws -> SSHConnection {
        let host = SSHHost(
            address: SSHServer.addresses[0], port: port ?? server.port, user: NSUserName(),
            hostKey: "ssh-ed25519 \(hostKey ?? server.hostKey)")
        return try SSHConnection(host, privateKey: key ?? server.userKey, under: lease)
    }

    /// How many processes of ssh hold the connection open: what they call themselves has the path of the socket.
    private func masters(of connection: SSHConnection) throws -> Int {
        let ids = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int($0) != nil }
        let lines = ids.compactMap { try? String(contentsOfFile: "/proc/\($0)/cmdline", encoding: .utf8) }
        return lines.count { $0.hasPrefix("ssh: \(connection.directory.path)/") }
    }

    @Test("Commands share one connection, get their words and input as they are, and leave nothing")
    func shared() async throws {
        let server = try await SSHServer.start(under: lease)
        let connection = try connection(to: server)
        let word = "\"; touch '/tmp/never' # $(id)"
        #expect(try await connection.call(["echo", word]) == [word])
        #expect(try await connection.call(["cat"], input: .bytes(Array("a\nb".utf8))) == ["a", "b"])
        let failed = try await connection.run(["sh", "-c", "echo out; echo err >&2; exit 7"])
        #expect(failed.status == 7 && failed.output == ["out"] && failed.errors.last == "err")
        let thrown = await #expect(throws: SSHError.self) { try await connection.call(["false"]) }
        #expect(thrown?.code == .exited && thrown?.status == 1)
        #expect(try masters(of: connection) == 1)
        await connection.close()
        // Its process says yes first, and then ends.
        try eventually("nothing holds the connection open") { try masters(of: connection) == 0 }
    }

    @Test("Bytes go to a port of the machine's loopback and come back")
    func exchanged() async throws {
        let server = try await SSHServer.start(under: lease)
        let connection = try connection(to: server)
        let greeting = try await connection.exchange(port: server.port, Array("no client\n".utf8))
        #expect(greeting.first?.hasPrefix("SSH-2.0-OpenSSH") == true)
        let nobody = await #expect(throws: SSHError.self) { try await connection.exchange(port: 1, []) }
        #expect(nobody?.code == .closed, "\(nobody?.tail ?? [])")
        await connection.close()
    }

    @Test("Whatever keeps it from working has its name")
    func faults() async throws {
        let server = try await SSHServer.start(under: lease)
        let other = server.otherKey
        let changed = try connection(to: server, hostKey: other.public)
        let first = await #expect(throws: SSHError.self) { try await changed.call(["true"]) }
        #expect(first?.code == .hostKeyChanged)
        let refused = try connection(to: server, key: other.private)
        let second = await #expect(throws: SSHError.self) { try await refused.call(["true"]) }
        #expect(second?.code == .keyRefused)
        let nobody = try connection(to: server, port: 1)
        let third = await #expect(throws: SSHError.self) { try await nobody.call(["true"]) }
        #expect(third?.code == .unreachable && third?.isTransient == true)
        let slow = try connection(to: server)
        let fourth = await #expect(throws: SSHError.self) {
            try await slow.call(["sleep", "60"], timeLimit: .milliseconds(700))
        }
        #expect(fourth?.code == .timedOut)
        await slow.close()
    }

    @Test("A connection that breaks in the middle says so, and the next command makes a new one")
    func broken() async throws {
        let server = try await SSHServer.start(under: lease)
        let connection = try connection(to: server)
        // The parent of the command's shell is the sshd of this connection.
        let error = await #expect(throws: SSHError.self) {
            try await connection.call(["sh", "-c", "kill -9 $PPID; exec sleep 60"])
        }
        #expect(error?.code == .lost && error?.isTransient == true)
        #expect(try await connection.call(["echo", "again"]) == ["again"])
        await connection.close()
    }

    @Test("Cancelling ends a command, but not one that undoes something")
    func cancelled() async throws {
        let server = try await SSHServer.start(under: lease)
        let connection = try connection(to: server)
        try await connection.call(["true"])
        let task = Task { try await connection.call(["sleep", "60"]) }
        task.cancel()
        let error = await #expect(throws: SSHError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        let other = Task { try await connection.call(["echo", "undone"], heedsCancellation: false) }
        other.cancel()
        #expect(try await other.value == ["undone"])
        await connection.close()
    }
}
