import Foundation
import Glibc
package import Processes

/// An SSH server of a test's own on addresses of this machine, for the user who runs the tests.
package struct SSHServer: ~Copyable {
    /// The addresses that it listens on unless it is told others.
    package static let addresses = ["127.0.0.1", "127.0.0.2"]
    private static let named = ProcessInfo.processInfo.environment["RUCHE_TEST_SSHD"]
    /// The program; where `RUCHE_TEST_SSHD` names one, its absence is a failure.
    private static let program = named ?? "/usr/sbin/sshd"
    /// Whether there is one, or must be.
    package static let isThere = named != nil || FileManager.default.isExecutableFile(atPath: program)

    package let port: Int
    /// The public key of the server, as in a line of `known_hosts`.
    package let hostKey: String
    /// A private key that it takes.
    package let userKey: String
    /// A private key that it does not take, and the public key that belongs to it.
    package let otherKey: (private: String, public: String)
    private let child: ChildProcess
    private let folder: SecretDirectory

    /// Starts one under a lease, and returns when it listens.
    ///
    /// - Parameter script: what it has a shell run in place of every command, which that finds in
    ///   `SSH_ORIGINAL_COMMAND`.
    package static func start(
        under lease: Lease, on addresses: [String] = addresses, script: String? = nil
    ) async throws -> SSHServer {
        try prepare()
        let folder = try SecretDirectory()
        let (host, user, other) = (
            try await key("\(folder.path)/host", lease), try await key("\(folder.path)/user", lease),
            try await key("\(folder.path)/other", lease)
        )
        var settings = [
            "AuthorizedKeysFile=\(folder.path)/user.pub", "StrictModes=no", "UsePAM=no", "PidFile=none",
            "PermitRootLogin=yes",
            // What the user's own shell does at its start is none of a test's business: one that is killed in the
            // middle of it may leave a lock, and the next one waits for that.
            "SetEnv=HOME=\(folder.path)/home",
        ]
        try FileManager.default.createDirectory(atPath: "\(folder.path)/home", withIntermediateDirectories: false)
        if let script { settings.append("ForceCommand=\(script)") }
        for _ in 0..<50 {
            let port = Int.random(in: 20_000..<32_000)
            var words = ["-D", "-e", "-f", "/dev/null", "-h", "\(folder.path)/host", "-p", String(port)]
            for setting in settings + addresses.map({ "ListenAddress=\($0)" }) { words += ["-o", setting] }
            let child = try lease.start(Program(program, words))
            var listening = 0
            while listening < addresses.count, let line = await child.nextLine() {
                if line.text.hasPrefix("Server listening on") { listening += 1 }
                if line.text.contains("Bind to port") { break }
            }
            guard listening == addresses.count else {
                await child.kill()
                continue
            }
            return SSHServer(
                port: port, hostKey: host.public, userKey: user.private, otherKey: other, child: child, folder: folder)
        }
        throw TestFailure("no SSH server starts")
    }

    /// Root's is confined to a directory that the package's own service would make.
    private static func prepare() throws {
        guard geteuid() == 0 else { return }
        try FileManager.default.createDirectory(
            atPath: "/run/sshd", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    }

    /// Makes a pair of keys.
    private static func key(_ path: String, _ lease: Lease) async throws -> (private: String, public: String) {
        let made = try await Program("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path]).run(under: lease)
        guard made.ending.isSuccess else { throw TestFailure("ssh-keygen \(made.ending)") }
        let line = try String(contentsOfFile: path + ".pub", encoding: .utf8)
        return (try String(contentsOfFile: path, encoding: .utf8), line.split(separator: " ")[1].description)
    }
}
