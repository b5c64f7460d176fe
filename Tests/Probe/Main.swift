import Glibc
import Runtime

@main struct Main {
    static func main() {
        if unsafe getenv("PROBE_LONG") != nil {
            Service.run("long-probe") { $0.serve(LongProbeWorker()) }
        } else {
            Service.run("probe") { $0.serve(ProbeWorker()) }
        }
    }
}
