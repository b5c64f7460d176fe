import Runtime

/// Serves the life of a task: making it, changing it, taking it back, running out.
@main struct Main {
    static func main() {
        Service.run("expire-task") { service in
            // Every statement probes a large table for the elements of short arrays: index scans and nested loops. The
            // statistics of a table that was just filled must not tempt the planner to read all of it instead.
            service.session = [
                ("enable_seqscan", "off"), ("enable_bitmapscan", "off"), ("enable_hashjoin", "off"),
                ("enable_mergejoin", "off"), ("jit", "off"),
            ]
            let zones = TimeZones()
            service.serve(CreateTaskWorker(zones: zones))
            service.serve(EditTaskWorker(zones: zones))
            service.serve(CancelTaskWorker())
            service.serve(ExpireTaskWorker())
        }
    }
}
