import Testing

@testable import Postgres

@Suite struct SettingsTests {
    private func value(_ name: String, in settings: ConnectionSettings, _ environment: [String: String] = [:])
        -> String?
    {
        settings.keywords { environment[$0] }.last { $0.0 == name }?.1
    }

    @Test func `A description names the place and never the password`() throws {
        let settings = try ConnectionSettings("postgresql://ann:secret@db.example:5433/fleet?sslmode=verify-full")
        for part in ["host=db.example", "port=5433", "user=ann", "dbname=fleet", "sslmode=verify-full"] {
            #expect("\(settings)".contains(part))
        }
        var dumped = ""
        dump(settings, to: &dumped)
        #expect(!dumped.contains("secret") && !"\(settings)".contains("secret"))
    }

    @Test(arguments: ["postgresql://u:p%zz@h/d", "host=h password", "fleet"])
    func `A text that cannot be read is refused without quoting it`(_ text: String) throws {
        let error = #expect(throws: PostgresError.self) { try ConnectionSettings(text) }
        #expect(error?.code == .settings)
        #expect(error?.message.contains("p%zz") == false)
    }

    @Test func `The text wins over our defaults, and an injected password over the text`() throws {
        var settings = try ConnectionSettings("host=h connect_timeout=9 password=old", applicationName: "relay")
        #expect(value("connect_timeout", in: settings) == "9")
        #expect(value("password", in: settings) == "old")
        #expect(value("fallback_application_name", in: settings) == "relay")
        #expect(value("client_encoding", in: settings) == "UTF8")
        settings.password = "new"
        #expect(value("password", in: settings) == "new")
        settings.user = "reader"
        #expect(value("user", in: settings) == "reader")
        #expect("\(settings)" == "postgres host=h user=reader")
    }

    @Test func `The environment's timeout is left to libpq`() throws {
        let settings = try ConnectionSettings("")
        #expect(value("connect_timeout", in: settings) == "5")
        #expect(value("connect_timeout", in: settings, ["PGCONNECT_TIMEOUT": "30"]) == nil)
    }

    @Test func `Several hosts and which of them to take go to libpq as they are`() throws {
        let settings = try ConnectionSettings(
            "postgresql://ruche@postgres:5432,postgres-standby:5433/ruche?target_session_attrs=read-write")
        #expect(value("host", in: settings) == "postgres,postgres-standby")
        #expect(value("port", in: settings) == "5432,5433")
        #expect(value("target_session_attrs", in: settings) == "read-write")
        #expect("\(settings)".contains("host=postgres,postgres-standby"))
    }

    @Test func `Session settings are escaped, and the operator's options come after them`() throws {
        var settings = try ConnectionSettings("host=h options='-c a=1'")
        settings.session = [("search_path", "a b, c\\d"), ("statement_timeout", "5s")]
        #expect(
            value("options", in: settings)
                == "-c search_path=a\\ b,\\ c\\\\d -c statement_timeout=5s -c a=1")
        var bare = try ConnectionSettings("host=h")
        #expect(value("options", in: bare) == nil)
        bare.session = [("a", "1")]
        #expect(value("options", in: bare, ["PGOPTIONS": "-c b=2"]) == "-c a=1 -c b=2")
    }
}
