import Processes
import Runtime

/// Serves `init-server`.
@main struct Main {
    static func main() {
        // The guard of a lease is this executable too.
        GuardProcess.runIfAsked()
        // What a process that was killed had to leave behind.
        SecretDirectory.sweep()
        Service.run("init-server") { service in
            let fleet = FleetSettings(reading: &service.settings)
            service.serve(InitServerWorker(fleet))
        }
    }
}
