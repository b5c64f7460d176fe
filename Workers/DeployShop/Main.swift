import Processes
import Runtime

/// Serves the life of a shop: coming to serve, going back, going away.
@main struct Main {
    static func main() {
        GuardProcess.runIfAsked()
        SecretDirectory.sweep()
        Service.run("deploy-shop") { service in
            let settings = ShopSettings(reading: &service.settings)
            // Most of the time a deployment waits for its server.
            service.concurrency = 4
            service.serve(DeployShopWorker(settings))
            service.serve(RollbackShopWorker(settings))
            service.serve(RetireShopWorker(settings))
        }
    }
}
