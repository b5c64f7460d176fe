import AMQP
import Testing

@testable import Runtime

@Suite("Addresses")
struct AddressesTests {
    @Test("User and password may stand beside the addresses, so that these are the same for every process")
    func apart() throws {
        var settings = Settings([
            "AMQP_URL": "amqp://a,b/%2F", "AMQP_USER": "ruche_relay", "AMQP_PASSWORD": "p1",
            "DATABASE_URL": "postgresql://old@a/ruche", "DATABASE_USER": "ruche_relay", "DATABASE_PASSWORD": "p2",
        ])
        let addresses = Addresses(reading: &settings)
        try settings.check()
        #expect(addresses.amqp.map { "\($0)" } == "amqp://ruche_relay:***@a:5672,b:5672/")
        #expect(addresses.amqp?.currentPassword == "p1")
        #expect(addresses.database.map { "\($0)" } == "postgres dbname=ruche host=a user=ruche_relay")
        #expect(settings.entries.first { $0.name == "AMQP_USER" }?.shown == "ruche_relay")
    }
}
