import Runtime

/// Serves imports of server lists.
@main struct Main {
    static func main() {
        Service.run("import-batch") { service in
            // A statement over a whole list runs once; compiling it would take longer than running it.
            service.session = [("jit", "off")]
            // One import of a tenant at a time: a second loop would only wait for the first.
            service.concurrency = 1
            service.serve(ImportBatchWorker())
        }
    }
}
