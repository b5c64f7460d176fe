import Runtime

/// `relay`: moves what waits in the database to the broker, and brings back what the broker gave up on.
@main struct Main {
    static func main() {
        Service.host("relay", "publishes what waits in the database, takes in dead letters, and keeps house") {
            (plan: inout ServicePlan) throws(SettingsError) in try Relay(&plan).run()
        }
    }
}
