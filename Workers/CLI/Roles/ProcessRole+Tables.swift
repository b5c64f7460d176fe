import Contracts

extension ProcessRole {
    /// What every worker does with the ledger.
    static let ledger = [
        Grant("job_key", "SELECT, INSERT, UPDATE"), Grant("job", "SELECT, INSERT, UPDATE"),
        Grant("event", "SELECT, INSERT"), Grant("outbox", "SELECT, INSERT, DELETE"),
        Grant("schedule", "SELECT, INSERT, UPDATE, DELETE"), Grant("queue_control", "SELECT"),
    ]

    /// What a worker of long commands does besides.
    static let runs = [
        Grant("run", "SELECT, INSERT, UPDATE, DELETE"), Grant("run_target", "SELECT, INSERT, UPDATE, DELETE"),
        Grant("run_event", "SELECT, INSERT"),
    ]

    /// What an executable does with tables of its own. A new worker has its line here.
    static func tables(of executable: String) -> [Grant] {
        switch executable {
        case ImportBatch.name.rawValue:
            [
                // Locking a row takes the right to update some column of it; this one means nothing to anybody.
                Grant("upload", "SELECT, UPDATE (created_at)"), Grant("upload_chunk", "SELECT"),
                Grant("session", "SELECT, INSERT, UPDATE"), Grant("import_error", "SELECT, INSERT"),
                Grant("server", "SELECT, INSERT, UPDATE"), Grant("address", "SELECT, INSERT, UPDATE"),
            ]
        case LeaseIP.name.rawValue: [Grant("address", "SELECT, UPDATE"), Grant("lease", "SELECT, INSERT, UPDATE")]
        case IngestLogs.name.rawValue:
            [
                Grant("log_stream", "SELECT, INSERT, UPDATE"), Grant("log_chunk", "SELECT, INSERT"),
                Grant("log_count", "SELECT, INSERT, UPDATE"),
            ]
        case ExpireTask.name.rawValue: [Grant("task", "SELECT, INSERT, UPDATE")]
        case InitServer.name.rawValue:
            [
                Grant("session", "SELECT (id, tenant)"), Grant("address", "SELECT, INSERT"),
                Grant("forgotten_shop", "SELECT, UPDATE (run), DELETE"),
                Grant(
                    "server",
                    "SELECT, UPDATE (status, operator_since, ssh_auth, ssh_password, host_key, fault, fault_text, "
                        + "last_run, last_run_at, last_seen_at, last_check_at, updated_at)"),
            ]
        case DeployShop.name.rawValue:
            [
                Grant("shop", "SELECT, INSERT, UPDATE"), Grant("shop_release", "SELECT, INSERT, UPDATE"),
                Grant("server", "SELECT (id, tenant, ip, ssh_port, status, host_key, operator_since)"),
                Grant("address", "SELECT, UPDATE"), Grant("lease", "SELECT, INSERT, UPDATE"),
                Grant("forgotten_shop", "SELECT, INSERT"),
            ]
        default: []
        }
    }
}
