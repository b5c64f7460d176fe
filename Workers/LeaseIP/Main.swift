import Runtime

/// Serves the life of a lease: granting, renewing, giving back, running out.
@main struct Main {
    static func main() {
        // The statements find single rows by index; without statistics of a freshly filled table, or with old ones,
        // the planner must not get the idea to read it all.
        Service.run("lease-ip", version: "1.0.0", session: [("enable_seqscan", "off"), ("jit", "off")]) { service in
            let quarantine = service.settings.duration("QUARANTINE", default: .seconds(600))
            service.serve(LeaseIPWorker())
            service.serve(RenewLeaseWorker())
            service.serve(ReleaseIPWorker(quarantine: quarantine))
            service.serve(ExpireLeaseWorker(quarantine: quarantine))
        }
    }
}
