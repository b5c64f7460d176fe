import Ansible
import Foundation
import Processes
import TestSupport
import Testing

@Suite("Connections", .needsAnsible, .enabled(if: SSHServer.isThere, "needs sshd"), .serialized)
struct ConnectionTests {
    private let lease: Lease
    private let playbook = Playbook(Fixture.path("remote.yaml"), configuration: Fixture.path("ansible.cfg"))

    init() throws { lease = try Fixture.lease() }

    private func inventory(_ port: Int, password: String? = nil) -> Inventory {
        let hosts = SSHServer.addresses.map {
            InventoryHost($0, port: port, user: NSUserName(), password: password)
        }
        return Inventory(hosts: hosts, knownHostsFile: "/dev/null")
    }

    private func reasons(_ result: PlayResult) -> [HostFailure.Reason?] {
        SSHServer.addresses.map { address in
            if case .failed(let failure)? = result.outcomes[address] { failure.reason } else { nil }
        }
    }

    /// The connections that ssh keeps open for ansible: what it calls itself has the path of the socket, in a folder of
    /// sockets, which those of other tests are not.
    private func masters() throws -> Set<String> {
        let ids = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int($0) != nil }
        let lines = ids.compactMap { try? String(contentsOfFile: "/proc/\($0)/cmdline", encoding: .utf8) }
        let base = "ssh: \(SecretDirectory.standardBase)/ruche-secrets-"
        return Set(lines.filter { $0.hasPrefix(base) && $0.contains("/c/") })
    }

    @Test("Keys of new hosts are learnt and come back; nothing is left of the connections")
    func learnt() async throws {
        let server = try await SSHServer.start(under: lease)
        let before = try masters()
        var open: Set<String> = []
        var input = RunInput(privateKey: server.userKey)
        let result = try await playbook.run(inventory(server.port), input, taskCount: 2, under: lease) { event, _ in
            if case .result = event { open.formUnion(try masters()) }
        }
        #expect(reasons(result) == [nil, nil] && result.ending == .exited(0), "\(result)")
        #expect(open.subtracting(before).count == 2)
        try eventually("nothing is left of the connections") { try masters().subtracting(before).isEmpty }
        let known = String(decoding: result.knownHosts, as: UTF8.self)
        for address in SSHServer.addresses {
            #expect(known.contains("[\(address)]:\(server.port) ssh-ed25519 \(server.hostKey)\n"))
        }
        input.knownHosts = result.knownHosts
        let again = try await playbook.run(inventory(server.port), input, taskCount: 2, under: lease)
        #expect(reasons(again) == [nil, nil] && again.knownHosts == result.knownHosts)
    }

    @Test("A host with another key than before fails, and it alone")
    func changed() async throws {
        let server = try await SSHServer.start(under: lease)
        let line = "[\(SSHServer.addresses[0])]:\(server.port) ssh-ed25519 \(server.otherKey.public)\n"
        let input = RunInput(knownHosts: Array(line.utf8), privateKey: server.userKey)
        let result = try await playbook.run(inventory(server.port), input, taskCount: 2, under: lease)
        #expect(reasons(result) == [.hostKeyChanged, nil])
        #expect(String(decoding: result.knownHosts, as: UTF8.self).hasPrefix(line), "the old key is not forgotten")
        #expect(
            !String(decoding: result.knownHosts, as: UTF8.self).contains(
                "[127.0.0.1]:\(server.port) ssh-ed25519 \(server.hostKey)"))
    }

    @Test("A host that shows a key of another kind than is known of it fails, whatever that key is")
    func changedKind() async throws {
        let server = try await SSHServer.start(under: lease)
        var inventory = inventory(server.port)
        inventory.hosts[0].keyType = "ssh-rsa"
        inventory.hosts[1].keyType = "ssh-ed25519"
        let result = try await playbook.run(
            inventory, RunInput(privateKey: server.userKey), taskCount: 2, under: lease)
        #expect(reasons(result) == [.hostKeyChanged, nil])
    }

    @Test("Keys and passwords that are refused, and ports where nobody is")
    func refused() async throws {
        let server = try await SSHServer.start(under: lease)
        let other = RunInput(privateKey: server.otherKey.private)
        let key = try await playbook.run(inventory(server.port), other, taskCount: 2, under: lease)
        #expect(reasons(key) == [.keyRefused, .keyRefused])
        let wrong = inventory(server.port, password: "not-the-password")
        let password = try await playbook.run(wrong, taskCount: 2, under: lease)
        #expect(reasons(password) == [.wrongPassword, .wrongPassword], "\(password)")
        #expect(!"\(password)".contains("not-the-password"))
        let nobody = try await playbook.run(inventory(1), other, taskCount: 2, under: lease)
        #expect(reasons(nobody) == [.unreachableRefused, .unreachableRefused])
    }

    @Test("A run that is cancelled closes its connections")
    func cancelled() async throws {
        let server = try await SSHServer.start(under: lease)
        let before = try masters()
        let input = RunInput(privateKey: server.userKey)
        let (started, start) = AsyncStream<Void>.makeStream()
        let run = Task { [port = server.port] in
            defer { start.finish() }
            return try await playbook.run(inventory(port), input, taskCount: 2, under: lease) { event, _ in
                guard case .result = event else { return }
                start.yield()
                // Until it is cancelled.
                for await _ in AsyncStream<Never>.makeStream().stream {}
            }
        }
        for await _ in started { break }
        #expect(try !masters().subtracting(before).isEmpty)
        run.cancel()
        let result = try await run.value
        #expect(result.stopped == .cancelled || result.ending != nil)
        try eventually("nothing is left of the connections") { try masters().subtracting(before).isEmpty }
    }
}
