package import HTTPClient

/// Where spans go and which: the settings of OpenTelemetry that are read, by its own names.
package struct TraceSettings: Sendable {
    /// Where requests go.
    package let url: ClientURL
    /// `OTEL_EXPORTER_OTLP_HEADERS`, such as what lets us in.
    package var headers: [(name: String, value: String)] = []
    /// How long requests may take, and whom to trust.
    package var options = ClientOptions()
    /// Whether bodies are compressed.
    package var isCompressed = false
    /// Which spans are exported.
    package var sampler = TraceSampler.standard
    /// What the spans are of: `service.name` and others.
    package var resource: [(name: String, value: String)] = []
    /// Spans that wait at most.
    package var queueLimit = 2048
    /// How long spans wait for company.
    package var delay = Duration.seconds(5)

    private static let path = "/v1/traces"

    /// What is exported to this URL when nothing else is said.
    package init(_ url: ClientURL) { self.url = url }

    /// Reads the settings. `nil` when none says where spans go, or `OTEL_SDK_DISABLED` is set, or something is wrong,
    /// which is noted there.
    ///
    /// - Parameter service: the name of the service unless a setting says another.
    package init?(reading settings: inout Settings, service: String) {
        let isDisabled = settings.flag("OTEL_SDK_DISABLED", default: false)
        let own = settings.text("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", secret: true)
        let base = settings.text("OTEL_EXPORTER_OTLP_ENDPOINT", secret: true)
        guard !isDisabled, let text = own ?? base else { return nil }
        let name = own == nil ? "OTEL_EXPORTER_OTLP_ENDPOINT" : "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
        let url = settings.parsed(name, text) { (text) throws(ClientError) in
            try ClientURL(text, adding: own == nil ? Self.path : "")
        }
        guard let url else { return nil }
        self.init(url)
        readRequests(&settings)
        readResource(&settings, service)
        let sampler = settings.text("OTEL_TRACES_SAMPLER")
        let argument = settings.text("OTEL_TRACES_SAMPLER_ARG")
        if let sampler {
            if let read = TraceSampler(sampler, argument: argument) {
                self.sampler = read
            } else {
                settings.refuse(
                    "OTEL_TRACES_SAMPLER takes always_on, always_off or traceidratio, alone or behind parentbased_, "
                        + "and OTEL_TRACES_SAMPLER_ARG a ratio from 0 to 1")
            }
        }
        queueLimit = settings.integer("OTEL_BSP_MAX_QUEUE_SIZE", in: 1...1_000_000, default: queueLimit)
        let delay = settings.integer("OTEL_BSP_SCHEDULE_DELAY", in: 1...3_600_000, default: 5000)
        self.delay = .milliseconds(delay)
    }

    private mutating func readRequests(_ settings: inout Settings) {
        if let encoding = settings.text("OTEL_EXPORTER_OTLP_PROTOCOL"), encoding != "http/json" {
            settings.refuse("OTEL_EXPORTER_OTLP_PROTOCOL takes http/json, which every receiver of OTLP/HTTP reads")
        }
        if let text = settings.text("OTEL_EXPORTER_OTLP_HEADERS", secret: true) {
            headers = Self.pairs(text) ?? []
            let request = ClientRequest("POST", url, headers: headers)
            if headers.isEmpty || (try? request.check()) == nil {
                settings.refuse("OTEL_EXPORTER_OTLP_HEADERS takes name=value,name=value, percent-encoded")
            }
        }
        let timeout = settings.integer("OTEL_EXPORTER_OTLP_TIMEOUT", in: 1...600_000, default: 10_000)
        options.timeout = .milliseconds(timeout)
        options.connectTimeout = min(options.timeout, options.connectTimeout)
        options.authorityFile = settings.text("OTEL_EXPORTER_OTLP_CERTIFICATE")
        switch settings.text("OTEL_EXPORTER_OTLP_COMPRESSION") {
        case nil, "none": break
        case "gzip": isCompressed = true
        default: settings.refuse("OTEL_EXPORTER_OTLP_COMPRESSION takes gzip or none")
        }
    }

    private mutating func readResource(_ settings: inout Settings, _ service: String) {
        var resource: [(name: String, value: String)] = [
            ("service.name", service), ("service.namespace", "ruche"), ("service.version", Service.version),
        ]
        func set(_ name: String, _ value: String) {
            resource.removeAll { $0.name == name }
            resource.append((name, value))
        }
        if let text = settings.text("OTEL_RESOURCE_ATTRIBUTES") {
            if let pairs = Self.pairs(text) {
                for (name, value) in pairs { set(name, value) }
            } else {
                settings.refuse("OTEL_RESOURCE_ATTRIBUTES takes name=value,name=value, percent-encoded")
            }
        }
        if let name = settings.text("OTEL_SERVICE_NAME") { set("service.name", name) }
        self.resource = resource
    }

    /// Reads `name=value,name=value`, both percent-encoded, blanks around them ignored; `nil` when it is something
    /// else.
    package static func pairs(_ text: String) -> [(name: String, value: String)]? {
        var pairs: [(name: String, value: String)] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: true) {
            guard let equals = part.firstIndex(of: "="), let name = decoded(part[..<equals]), !name.isEmpty,
                let value = decoded(part[part.index(after: equals)...])
            else { return nil }
            pairs.append((name, value))
        }
        return pairs
    }

    private static func decoded(_ text: Substring) -> String? {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit), let value = UInt8(digits, radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
