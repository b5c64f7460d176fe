import Foundation
import Glibc
import TestSupport
import Testing

/// Disposable servers of one test, by `scripts/fleet`, and the recipe that makes them serve shops.
final class FleetScene {
    /// The beginning of the servers' addresses, which no other process has.
    let prefix = "127.0.\(getpid() % 200 + 20)"
    /// The list and the relay's files are in it, as are the keys.
    let directory: String
    private var environment: [String: String]
    /// The file with the private key that opens servers once the recipe has run.
    var key: String { directory + "/key" }
    private var recipes: String { Checkout.path("Workers/InitServer/Recipes") }
    /// What the engine knows the servers by, with their number behind it.
    var name: String { "ruche-fleet-" + prefix.replacing(".", with: "-") }

    /// Nothing is started yet.
    fileprivate init() throws {
        directory = NSTemporaryDirectory() + "/" + TestServers.uniqueName("fleet")
        try FileManager.default.createDirectory(
            atPath: directory + "/sockets", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        environment = ["LC_ALL": "C.UTF-8", "RUCHE_FLEET": directory + "/state", "RUCHE_FLEET_PREFIX": prefix]
        environment["RUCHE_ENGINE"] = ProcessInfo.processInfo.environment["RUCHE_TEST_ENGINE"]
        try run("ssh-keygen -q -t ed25519 -N '' -C fleet -f '\(key)'")
    }

    /// `scripts/fleet`. Returns what it said.
    @discardableResult
    func manage(_ words: String) throws -> String {
        let said = try run("'\(Checkout.path("scripts/fleet"))' \(words)")
        if let line = said.split(separator: "\n").last, line.hasPrefix("export DOCKER_HOST=") {
            environment["DOCKER_HOST"] = String(line.dropFirst("export DOCKER_HOST=".count))
        }
        return said
    }

    /// The address of a server.
    func address(_ number: Int = 1) -> String { "\(prefix).\(number)" }

    /// The rows of the list, by the names of its columns.
    func rows() throws -> [[String: String]] {
        let lines = try String(contentsOfFile: directory + "/state/servers.csv", encoding: .utf8).split(separator: "\n")
            .map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
    }

    /// Runs the recipe: as whom the list says, by password, or as the operator by key.
    ///
    /// - Parameter settings: more variables of the role, in YAML, a line each.
    func play(asOperator: Bool, _ settings: [String] = []) throws -> RecipeRun {
        let publicKey = try String(contentsOfFile: key + ".pub", encoding: .utf8).trimmingCharacters(in: .newlines)
        var lines = [
            "all:", "  vars:", "    ansible_ssh_common_args: -o UserKnownHostsFile=\(directory)/known_hosts",
            "    base_authorized_keys: [!unsafe \"\(publicKey)\"]", "    base_never_banned: [172.16.0.0/12]",
            "    base_metrics_sources: [172.16.0.0/12]",
        ]
        lines += settings.map { "    " + $0 } + ["  hosts:"]
        for row in try rows() {
            let login =
                asOperator
                ? "ansible_user: ruche, ansible_ssh_private_key_file: \"\(key)\""
                : "ansible_user: !unsafe \"\(row["sshUser"]!)\", ansible_password: !unsafe \"\(row["sshPassword"]!)\""
            lines.append("    !unsafe \"\(row["serverIp"]!)\": {ansible_port: \(row["sshPort"]!), \(login)}")
        }
        try lines.joined(separator: "\n").write(
            toFile: directory + "/inventory.yaml", atomically: true, encoding: .utf8)
        defer { _ = try? run("for s in '\(directory)'/sockets/*; do ssh -o ControlPath=$s -O exit x; done") }
        let start = ContinuousClock.now
        let said = try run(
            """
            env ANSIBLE_CONFIG='\(recipes)/ansible.cfg' ANSIBLE_SSH_CONTROL_PATH_DIR='\(directory)/sockets' \
            ansible-playbook -i '\(directory)/inventory.yaml' '\(recipes)/base.yaml'
            """)
        return try RecipeRun(said, took: ContinuousClock.now - start)
    }

    /// A command on a server, as the operator. Returns what it printed.
    @discardableResult
    func ssh(_ command: String, on number: Int = 1) throws -> String {
        let text = directory + "/command"
        try command.write(toFile: text, atomically: true, encoding: .utf8)
        return try run(
            "ssh -n \(options) -o BatchMode=yes -i '\(key)' ruche@\(address(number)) \"$(cat '\(text)')\"")
    }

    /// What every client of SSH here is told.
    var options: String { "-o UserKnownHostsFile='\(directory)/known_hosts' -o StrictHostKeyChecking=accept-new" }

    /// The engine's client. Returns what it printed.
    @discardableResult
    func docker(_ words: String) throws -> String { try run("docker \(words)") }

    /// A command in a server, as its console would have it.
    @discardableResult
    func console(_ command: String, on number: Int = 1) throws -> String {
        try docker("exec \(name)-\(number) \(command)")
    }

    /// The address that a server has in its network.
    func inside(_ number: Int = 1) throws -> String {
        try docker("inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' \(name)-\(number)")
            .trimmingCharacters(in: .newlines)
    }

    /// A line of the shell, to its end. Returns what it printed, without the errors.
    ///
    /// Through `system`: Foundation's `Process` waits for everything that inherits its socket, and an engine does.
    ///
    /// - Throws: ``TestFailure`` with what was said, when it fails.
    @discardableResult
    func run(_ line: String) throws -> String {
        let (status, output, errors) = attempt(line)
        let said = "\(output.suffix(2000))\n\(errors.suffix(2000))"
        guard status == 0 else { throw TestFailure("\(line): \(status)\n\(said)") }
        return output
    }

    /// The same, whatever its end is: the exit code, what it printed, and its errors.
    func attempt(_ line: String) -> (status: Int32, output: String, errors: String) {
        let names = environment.map { "\($0)='\($1)'" }.joined(separator: " ")
        let (output, errors) = (directory + "/out", directory + "/err")
        let status = unsafe system("export \(names)\n{ \(line)\n} > '\(output)' 2> '\(errors)' < /dev/null")
        func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
        return ((status >> 8) & 0xFF, text(output), text(errors))
    }

    fileprivate func remove() {
        _ = try? manage("down")
        try? FileManager.default.removeItem(atPath: directory)
    }
}

/// Runs `body` with a fleet that has no servers yet, and removes it whatever happens.
func withFleet<R>(_ body: (FleetScene) throws -> R) throws -> R {
    let scene = try FleetScene()
    defer { scene.remove() }
    return try body(scene)
}

extension Trait where Self == ConditionTrait {
    /// Makes images and servers, and installs packages on them, which takes minutes.
    static var fleet: Self {
        .enabled(
            if: TestServers.isFull || ProcessInfo.processInfo.environment["RUCHE_TEST_FLEET"] != nil,
            "makes servers for minutes: scripts/test --full, or --filter with the suite's name")
    }
}
