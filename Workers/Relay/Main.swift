import Runtime

/// `relay`: moves what waits in the database to the broker, and brings back what the broker gave up on.
@main struct Main {
    static func main() {
        Service.host("relay") { (plan: inout ServicePlan) throws(SettingsError) in try Relay(&plan).run() }
    }
}
