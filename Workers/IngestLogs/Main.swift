import Runtime

/// Serves lines of logs.
@main struct Main {
    static func main() {
        Service.run("ingest-logs") { service in
            // Every statement probes a table for the elements of short arrays: index scans and nested loops, whatever
            // the statistics of a table say that was just filled.
            service.session = [
                ("enable_seqscan", "off"), ("enable_bitmapscan", "off"), ("enable_hashjoin", "off"),
                ("enable_mergejoin", "off"), ("jit", "off"),
            ]
            service.serve(IngestLogsWorker())
        }
    }
}
