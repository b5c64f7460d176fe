import Runtime

@main struct Main {
    static func main() {
        Service.run("probe") { $0.serve(ProbeWorker()) }
    }
}
