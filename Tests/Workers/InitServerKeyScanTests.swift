import Ansible
import Processes
import TestSupport
import Testing

@testable import InitServerWorker

/// Servers that are asked for their keys, and do not answer in time.
@Suite(.enabled(if: SSHServer.isThere, "needs OpenSSH")) struct InitServerKeyScanTests {
    @Test func oneThatDoesNotAnswerInTimeFailsAlone() async throws {
        let lease = try TestLease.take()
        let servers = ["SHA256:x", nil].enumerated().map { index, key in
            FleetServer(
                id: index + 1, ip: "127.0.0.\(index + 1)", port: 1, user: "root", password: .none, isOperated: false,
                hostKey: key, hasBegun: false)
        }
        // In less than it takes to start a program.
        let (checked, failures) = try await KeyScan.run(servers, limit: .milliseconds(1), under: lease)
        #expect(checked.map(\.hostKey) == ["SHA256:x", nil])
        #expect(failures.mapValues(\.reason) == [1: .unreachable])
        await lease.end()
    }
}
