import Runtime

/// Serves the life of a lease: granting, renewing, giving back, running out.
@main struct Main {
    static func main() {
        Service.run("lease-ip") { service in
            // The statements find their rows by index. Without statistics, or with those of a table that was empty, the
            // planner must not come to think that reading all of it is cheap.
            service.session = [("enable_seqscan", "off"), ("jit", "off")]
            // How long an address that was given back, or whose lease ran out, is kept for its last holder.
            let quarantine = service.settings.duration("QUARANTINE", default: .seconds(600))
            service.serve(LeaseIPWorker())
            service.serve(RenewLeaseWorker())
            service.serve(ReleaseIPWorker(quarantine: quarantine))
            service.serve(ExpireLeaseWorker(quarantine: quarantine))
        }
    }
}
