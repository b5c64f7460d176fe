import Ansible
import Runtime

/// What can be done with servers: a playbook of ours. There are no others.
struct Recipe: Sendable, Equatable {
    /// What commands call it.
    let name: String
    /// Whether a server is another one afterwards: one that the operator logs on to, by our key.
    let makesServers: Bool
    /// What the failure of a task means whatever it says.
    let checks: [String: HostFailure.Reason]

    /// Makes a bare server one that serves shops.
    static let base = Recipe(
        name: "base", makesServers: true,
        checks: ["Check the system": .wrongSystem, "Check the room on the disk": .diskFull])

    /// Logs in, becomes root and looks at the system. Changes nothing.
    static let check = Recipe(name: "check", makesServers: false, checks: ["Check the system": .wrongSystem])

    /// All of them.
    static let all = [base, check]

    /// The recipe of this name.
    ///
    /// - Throws: refused, `unknown-recipe`.
    static func named(_ name: String) throws(Rejection) -> Recipe {
        if let recipe = all.first(where: { $0.name == name }) { return recipe }
        throw .refused(
            "unknown-recipe", "There is no recipe of this name; there are \(all.map(\.name).joined(separator: ", ")).")
    }

    /// The playbook, below the folder of recipes.
    func playbook(in folder: String) -> Playbook {
        var playbook = Playbook("\(folder)/\(name).yaml", configuration: "\(folder)/ansible.cfg")
        playbook.checks = checks
        // A worker that is to stop has two seconds.
        playbook.grace = .seconds(1)
        return playbook
    }
}
