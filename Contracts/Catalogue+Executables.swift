extension Catalogue {
    /// A worker's executable.
    public struct Executable: Hashable, Sendable {
        /// Its name, which compose uses too.
        public let name: String
        /// What it serves, in the order of ``Catalogue/commands``.
        public let commands: [CommandName]
    }

    /// The workers' executables, each once.
    public static let executables: [Executable] = {
        var names: [String] = []
        var served: [String: [CommandName]] = [:]
        for command in commands {
            let name = executable(serving: command.name)
            if served[name] == nil { names.append(name) }
            served[name, default: []].append(command.name)
        }
        return names.map { Executable(name: $0, commands: served[$0] ?? []) }
    }()

    /// The executable that serves a command: it is called like the command, or like the chief of its family.
    public static func executable(serving command: CommandName) -> String {
        switch command {
        case RenewLease.name, ReleaseIP.name, ExpireLease.name: LeaseIP.name.rawValue
        case CreateTask.name, EditTask.name, CancelTask.name: ExpireTask.name.rawValue
        case RollbackShop.name, RetireShop.name: DeployShop.name.rawValue
        default: command.rawValue
        }
    }
}
