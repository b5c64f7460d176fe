package import Processes

/// One connection to a machine, which every command shares: made by the first, made anew when it broke.
///
/// **Guarantee.** Nobody is asked anything, no key but the one that is given is tried, and the machine is spoken to
/// only if it shows the key that is known of it. Nothing of the worker's own settings of ssh counts. Secrets are files
/// in memory, which go with it. It ends with the lease at the latest.
///
/// **Cost.** The first command logs in, some tenths of a second; each further one is a process of ssh here and one of
/// the command there.
package final class SSHConnection: Sendable {
    /// The machine.
    package let host: SSHHost
    private let lease: Lease
    /// The connection's own: its key, whom it trusts, and the socket that its commands share.
    let directory: SecretDirectory
    private let knownHosts: SecretFile
    private let key: SecretFile

    /// How long a connection may take.
    private static let connectSeconds = 10
    /// How many bytes of a command's output are kept; what comes after them is dropped.
    private static let outputLimit = 4_194_304

    /// Prepares the files, and connects to nothing.
    ///
    /// - Parameter privateKey: the key to log in with, as in its file.
    /// - Throws: `malformed`, `failed`.
    package init(_ host: SSHHost, privateKey: String, under lease: Lease) throws(SSHError) {
        let line = try host.knownHost()
        do throws(SecretError) {
            let directory = try SecretDirectory()
            knownHosts = try directory.write(Array(line.utf8), as: "known_hosts")
            // ssh does not read a key whose last line has no end.
            let text = privateKey.hasSuffix("\n") ? privateKey : privateKey + "\n"
            key = try directory.write(Array(text.utf8), as: "key")
            self.directory = directory
        } catch {
            throw SSHError(.failed, "\(error)")
        }
        (self.host, self.lease) = (host, lease)
    }

    /// Runs a command there, whatever its end is. Cancelling the task ends ssh here, and the command there when it next
    /// writes.
    ///
    /// - Parameters:
    ///   - words: the command, each word as it is; no shell makes anything of them.
    ///   - heedsCancellation: false for what is undone after a cancellation.
    /// - Throws: `SSHError`, but not `exited`.
    package func run(
        _ words: [String], input: Program.Input = .none, timeLimit: Duration = .seconds(60),
        heedsCancellation: Bool = true
    ) async throws(SSHError) -> RemoteResult {
        try await perform(
            [try RemoteCommand.line(words)], [], input, timeLimit, heedsCancellation: heedsCancellation)
    }

    /// Runs a command there, and throws when it fails. Returns the lines that it wrote.
    ///
    /// - Throws: `SSHError`, also `exited` for another status than 0.
    @discardableResult
    package func call(
        _ words: [String], input: Program.Input = .none, timeLimit: Duration = .seconds(60),
        heedsCancellation: Bool = true
    ) async throws(SSHError) -> [String] {
        let result = try await run(words, input: input, timeLimit: timeLimit, heedsCancellation: heedsCancellation)
        guard result.status == 0 else { throw result.error }
        return result.output
    }

    /// Sends bytes to a port of the machine's own loopback, and returns the lines that come back until the other end
    /// closes.
    ///
    /// - Throws: `SSHError`, also `closed` when nobody listens there.
    package func exchange(
        port: Int, _ bytes: [UInt8], timeLimit: Duration = .seconds(10), heedsCancellation: Bool = true
    ) async throws(SSHError) -> [String] {
        let result = try await perform(
            [], ["-W", "127.0.0.1:\(port)"], .bytes(bytes), timeLimit, heedsCancellation: heedsCancellation)
        guard result.status == 0 else { throw result.error }
        return result.output
    }

    /// Ends the connection. Heeds no cancellation.
    package func close() async {
        _ = try? await perform([], ["-O", "exit"], .none, .seconds(5), heedsCancellation: false)
    }

    private func perform(
        _ command: [String], _ more: [String], _ input: Program.Input, _ timeLimit: Duration,
        heedsCancellation: Bool
    ) async throws(SSHError) -> RemoteResult {
        var program = Program(
            "ssh", options + more + ["--", host.address] + command,
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": directory.path, "LC_ALL": "C.UTF-8"])
        program.input = input
        program.timeLimit = timeLimit
        let outcome: Result<RemoteResult, SSHError>
        do throws(ProcessError) {
            let child = try lease.start(program)
            let handle = child.handle
            outcome = await withTaskCancellationHandler {
                await Self.collect(child)
            } onCancel: {
                if heedsCancellation { handle.cancel() }
            }
        } catch {
            throw SSHError(error)
        }
        return try outcome.get()
    }

    /// Takes what the program writes, until it ends.
    private static func collect(_ child: borrowing ChildProcess) async -> Result<RemoteResult, SSHError> {
        var output: [String] = []
        var bytes = 0
        var errors: [String] = []
        while let line = await child.nextLine() {
            switch line.stream {
            case .output where bytes < outputLimit:
                output.append(line.text)
                bytes += line.text.utf8.count
            case .output: continue
            case .errors:
                errors.append(line.text)
                if errors.count > 50 { errors.removeFirst() }
            }
        }
        do throws(ProcessError) {
            switch try await child.finish() {
            case .exited(255): return .failure(.reading(errors))
            case .exited(let status):
                return .success(RemoteResult(status: status, output: output, errors: errors))
            case .killed: return .failure(SSHError(.lost, "ssh was killed"))
            }
        } catch {
            var failure = SSHError(error)
            failure.tail = errors
            return .failure(failure)
        }
    }

    /// What every ssh is told. The path of a socket has at most 107 bytes: its name is as short as can be.
    private var options: [String] {
        let settings = [
            "BatchMode=yes", "StrictHostKeyChecking=yes", "UserKnownHostsFile=\(knownHosts.path)",
            "GlobalKnownHostsFile=/dev/null", "IdentitiesOnly=yes", "IdentityAgent=none", "IdentityFile=\(key.path)",
            "PreferredAuthentications=publickey", "ConnectTimeout=\(Self.connectSeconds)", "ServerAliveInterval=5",
            "ServerAliveCountMax=3", "ControlMaster=auto", "ControlPath=\(directory.path)/c", "ControlPersist=yes",
            "UpdateHostKeys=no",
        ]
        return ["-F", "/dev/null", "-T", "-p", String(host.port), "-l", host.user] + settings.flatMap { ["-o", $0] }
    }
}
