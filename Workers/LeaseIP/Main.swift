import Runtime

/// Serves the life of a lease: granting, renewing, giving back, running out.
@main struct Main {
    static func main() {
        Service.run("lease-ip") { service in
            // Every statement probes large tables for the elements of short arrays: index scans and nested loops. The
            // statistics of a table that was just filled must not tempt the planner to read all of it instead.
            service.session = [
                ("enable_seqscan", "off"), ("enable_bitmapscan", "off"), ("enable_hashjoin", "off"),
                ("enable_mergejoin", "off"), ("jit", "off"),
            ]
            // How long an address that was given back, or whose lease ran out, is kept for its last holder.
            let quarantine = service.settings.duration("QUARANTINE", default: .seconds(600))
            service.serve(LeaseIPWorker())
            service.serve(RenewLeaseWorker())
            service.serve(ReleaseIPWorker(quarantine: quarantine))
            service.serve(ExpireLeaseWorker(quarantine: quarantine))
        }
    }
}
