/// The database schema, embedded in every binary: the files of `Contracts/Schema`, in the order they are applied.
public struct SchemaFile: Sendable {
    /// The number behind the V.
    public let version: Int
    /// The file's name.
    public let name: String
    /// The file.
    public let sql: [UInt8]
}

/// Every schema file of this edition; a test holds the list against the folder.
public enum SchemaFiles {
    /// In the order they are applied.
    public static let all: [SchemaFile] = [
        SchemaFile(version: 1, name: "V0001_ledger.sql", sql: PackageResources.V0001_ledger_sql),
        SchemaFile(version: 2, name: "V0002_fleet.sql", sql: PackageResources.V0002_fleet_sql),
        SchemaFile(version: 3, name: "V0003_logs.sql", sql: PackageResources.V0003_logs_sql),
        SchemaFile(version: 4, name: "V0004_tasks.sql", sql: PackageResources.V0004_tasks_sql),
        SchemaFile(version: 5, name: "V0005_handled.sql", sql: PackageResources.V0005_handled_sql),
        SchemaFile(version: 6, name: "V0006_utc.sql", sql: PackageResources.V0006_utc_sql),
        SchemaFile(version: 7, name: "V0007_log_merge.sql", sql: PackageResources.V0007_log_merge_sql),
        SchemaFile(version: 8, name: "V0008_roles.sql", sql: PackageResources.V0008_roles_sql),
        SchemaFile(version: 9, name: "V0009_tracestate.sql", sql: PackageResources.V0009_tracestate_sql),
        SchemaFile(version: 10, name: "V0010_runs.sql", sql: PackageResources.V0010_runs_sql),
        SchemaFile(version: 11, name: "V0011_servers.sql", sql: PackageResources.V0011_servers_sql),
        SchemaFile(version: 12, name: "V0012_shops.sql", sql: PackageResources.V0012_shops_sql),
        SchemaFile(version: 13, name: "V0013_shop_runs.sql", sql: PackageResources.V0013_shop_runs_sql),
        SchemaFile(version: 14, name: "V0014_shop_watch.sql", sql: PackageResources.V0014_shop_watch_sql),
        SchemaFile(version: 15, name: "V0015_faulty_servers.sql", sql: PackageResources.V0015_faulty_servers_sql),
        SchemaFile(version: 16, name: "V0016_lost_servers.sql", sql: PackageResources.V0016_lost_servers_sql),
    ]
}
