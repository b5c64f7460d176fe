import Runtime

/// Serves lines of logs.
@main struct Main {
    /// Where the lines go.
    private enum Sink: String, CaseIterable {
        case database, loki
    }

    static func main() {
        Service.run("ingest-logs") { service in
            // Every statement probes a table for the elements of short arrays: index scans and nested loops, whatever
            // the statistics of a table say that was just filled.
            service.session = [
                ("enable_seqscan", "off"), ("enable_bitmapscan", "off"), ("enable_hashjoin", "off"),
                ("enable_mergejoin", "off"), ("jit", "off"),
            ]
            switch service.settings.choice("LOG_SINK", default: Sink.database) {
            case .database: service.serve(IngestLogsWorker())
            case .loki:
                guard let sink = LokiSink(reading: &service.settings) else { return }
                service.watch(sink.check)
                // Requests go one after the other.
                service.concurrency = 1
                service.serve(LokiWorker(sink))
            }
        }
    }
}
