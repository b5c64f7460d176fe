import HTTPClient
import Testing

@testable import Runtime

@Suite struct TraceSettingsTests {
    private static let endpoint = ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"]

    private static func read(_ environment: [String: String]) throws -> TraceSettings? {
        var settings = Settings(environment)
        let read = TraceSettings(reading: &settings, service: "lease-ip")
        try settings.check()
        return read
    }

    @Test(
        "Nothing is exported unless a setting says where to",
        arguments: [
            [:], ["OTEL_TRACES_SAMPLER": "always_on"], ["OTEL_EXPORTER_OTLP_ENDPOINT": ""],
            ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "true"],
        ])
    func off(environment: [String: String]) throws {
        #expect(try Self.read(environment) == nil)
    }

    @Test func thePathIsAddedToTheCommonEndpointAndNotToTheOneOfTraces() throws {
        #expect(try Self.read(Self.endpoint)?.url.text == "http://collector:4318/v1/traces")
        let both = Self.endpoint.merging(["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://other/in"]) { $1 }
        #expect(try Self.read(both)?.url.text == "https://other/in")
        #expect(
            try Self.read(["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c/base/"])?.url.text == "http://c/base/v1/traces")
    }

    @Test func whatIsSetIsRead() throws {
        let more = [
            "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20abc, x-scope = a%3Db",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "1500", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json", "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": "0.25", "OTEL_BSP_MAX_QUEUE_SIZE": "10", "OTEL_BSP_SCHEDULE_DELAY": "100",
        ]
        let settings = try #require(try Self.read(Self.endpoint.merging(more) { $1 }))
        #expect(settings.headers.map(\.name) == ["authorization", "x-scope"])
        #expect(settings.headers.map(\.value) == ["Bearer abc", "a=b"])
        #expect(settings.options.timeout == .milliseconds(1500))
        #expect(settings.isCompressed)
        #expect(settings.sampler == TraceSampler(followsParent: true, ratio: 0.25))
        #expect(settings.queueLimit == 10)
        #expect(settings.delay == .milliseconds(100))
    }

    @Test func theServiceIsTheExecutableUnlessASettingSaysAnother() throws {
        func resource(_ more: [String: String]) throws -> [String: String] {
            let settings = try Self.read(Self.endpoint.merging(more) { $1 })
            return Dictionary(settings!.resource.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        }
        #expect(try resource([:])["service.name"] == "lease-ip")
        #expect(try resource([:])["service.namespace"] == "ruche")
        let attributes = ["OTEL_RESOURCE_ATTRIBUTES": "service.name=a,deployment.environment.name=test%2C1"]
        #expect(try resource(attributes)["service.name"] == "a")
        #expect(try resource(attributes)["deployment.environment.name"] == "test,1")
        let named = attributes.merging(["OTEL_SERVICE_NAME": "b"]) { $1 }
        #expect(try resource(named)["service.name"] == "b")
    }

    @Test(
        "What cannot be read is refused with its name",
        arguments: [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector"), ("OTEL_EXPORTER_OTLP_HEADERS", "Bearer"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a b=c"), ("OTEL_EXPORTER_OTLP_HEADERS", "a=b%0d%0ac"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"), ("OTEL_TRACES_SAMPLER", "sometimes"),
            ("OTEL_RESOURCE_ATTRIBUTES", "a=%zz"), ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
        ])
    func refused(name: String, value: String) {
        let error = #expect(throws: SettingsError.self) {
            try Self.read(Self.endpoint.merging([name: value]) { $1 })
        }
        #expect(error?.description.contains(name) == true)
    }
}
