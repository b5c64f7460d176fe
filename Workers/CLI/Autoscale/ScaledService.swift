import Contracts
import Runtime

/// One service that is scaled: an executable that serves one command or a few, under the name that it has in compose,
/// Swarm or wherever its replicas run.
struct ScaledService: Equatable, Sendable {
    let name: String
    let commands: [CommandName]
    let rules: ScaleRules

    /// Reads `lease-ip=1:8`, or `lease-ip=1:8:30s` with a target of its own.
    ///
    /// - Parameters:
    ///   - common: what holds unless the text says otherwise.
    ///   - serving: the commands of services that are called otherwise than an executable.
    init(_ text: String, common: ScaleRules, serving: [String: [CommandName]]) throws(Failure) {
        let usage = Failure(
            .usage, "a service is given as NAME=MIN:MAX or NAME=MIN:MAX:TARGET, such as lease-ip=1:8:30s, not `\(text)`"
        )
        let halves = text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
        guard halves.count == 2, !halves[0].isEmpty else { throw usage }
        let parts = halves[1].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard 2...3 ~= parts.count, let least = Int(parts[0]), let most = Int(parts[1]), 0...1000 ~= least,
            1...1000 ~= most, least <= most
        else { throw usage }
        var rules = common
        rules.range = least...most
        if parts.count == 3 {
            guard let target = Duration(text: parts[2]), target > .zero else { throw usage }
            rules.target = target
        }
        name = halves[0]
        commands = serving[name] ?? Self.commands(of: name)
        self.rules = rules
        guard !commands.isEmpty else {
            let advice = Suggestion.nearest(to: name, in: Self.executables).map { "did you mean \($0)? or " } ?? ""
            throw Failure(
                .usage, "no executable is called \(name)", advice + "say what it serves: --serves \(name)=COMMAND,…")
        }
    }

    /// Reads `worker-a=lease-ip,renew-lease`.
    static func serving(_ text: String) throws(Failure) -> (service: String, commands: [CommandName]) {
        let halves = text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
        guard halves.count == 2, !halves[0].isEmpty, !halves[1].isEmpty else {
            throw Failure(.usage, "--serves takes SERVICE=COMMAND,COMMAND, not `\(text)`")
        }
        var commands: [CommandName] = []
        for word in halves[1].split(separator: ",") {
            commands.append(try Payload.command(named: String(word)).name)
        }
        return (halves[0], commands)
    }

    /// The executables of this edition.
    static var executables: [String] { Catalogue.executables.map(\.name) }

    /// What an executable serves.
    static func commands(of executable: String) -> [CommandName] {
        Catalogue.executables.first { $0.name == executable }?.commands ?? []
    }
}
