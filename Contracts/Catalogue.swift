/// Every command of this edition.
public enum Catalogue {
    /// The commands, one line each.
    public static let commands: [any Command.Type] = [
        ImportBatch.self,
        LeaseIP.self,
        RenewLease.self,
        ReleaseIP.self,
        ExpireLease.self,
        IngestLogs.self,
        CreateTask.self,
        EditTask.self,
        CancelTask.self,
        ExpireTask.self,
        InitServer.self,
        DeployShop.self,
        RollbackShop.self,
        RetireShop.self,
    ]

    /// The command of this name, if this edition has it.
    public static func command(named name: CommandName) -> (any Command.Type)? {
        byName[name]
    }

    private static let byName = Dictionary(uniqueKeysWithValues: commands.map { ($0.name, $0) })
}
