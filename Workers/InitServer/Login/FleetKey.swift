import Processes
import Runtime

/// Our key for a run.
struct FleetKey: Sendable {
    /// The private key, in OpenSSH's format.
    let secret: String
    /// The public key, as a line of `authorized_keys`.
    let line: String

    /// Reads the key, and has ssh-keygen find its public half.
    ///
    /// - Throws: transient: `fleet-key-missing`, `fleet-key-unusable`; what programs under a lease throw.
    static func read(_ fleet: FleetSettings, under lease: Lease) async throws -> FleetKey {
        guard let secret = fleet.key(), !secret.isEmpty else {
            throw Rejection.transient(
                "fleet-key-missing", "FLEET_KEY_FILE is not set, or names a file that cannot be read.")
        }
        let directory = try SecretDirectory()
        let file = try directory.write(Array((secret.hasSuffix("\n") ? secret : secret + "\n").utf8))
        // An empty passphrase is given, so that it asks nobody for one.
        var program = Program("ssh-keygen", ["-y", "-P", "", "-f", file.path])
        program.timeLimit = .seconds(10)
        let result = try await program.run(under: lease)
        let line = result.tail.first { $0.stream == .output }?.text.filter { !$0.isNewline } ?? ""
        guard result.ending.isSuccess, line.split(separator: " ").count >= 2 else {
            throw Rejection.transient(
                "fleet-key-unusable", "The key of the fleet is no private key of OpenSSH, or has a passphrase.")
        }
        return FleetKey(secret: secret, line: line)
    }
}
