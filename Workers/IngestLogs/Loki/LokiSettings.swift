package import HTTPClient
package import Runtime

/// Which Loki, how to get in, and whose lines are whose there.
package struct LokiSettings: Sendable {
    /// The push endpoint.
    package let url: ClientURL
    package let credentials: Credentials?
    package let tenancy: LokiTenancy
    /// How long all pushes of one batch may take together.
    package let timeout: Duration
    package let options: ClientOptions

    private static let path = "/loki/api/v1/push"

    /// Reads the settings; `nil` when something is wrong, which is noted there.
    package init?(reading settings: inout Settings) {
        let text = settings.required("LOKI_URL", secret: true)
        let password = settings.text("LOKI_PASSWORD", secret: true)
        let token = settings.text("LOKI_TOKEN", secret: true)
        let tenant = settings.text("LOKI_TENANT")
        timeout = settings.duration("LOKI_TIMEOUT", default: .seconds(10))
        var options = ClientOptions()
        options.timeout = timeout
        options.connectTimeout = min(timeout, .seconds(5))
        options.authorityFile = settings.text("LOKI_CA_FILE")
        let certificate = settings.text("LOKI_CERTIFICATE_FILE")
        let key = settings.text("LOKI_KEY_FILE")
        if let certificate, let key { options.certificate = (certificate, key) }
        self.options = options
        var problems: [String] = []
        if (certificate == nil) != (key == nil) {
            problems.append("LOKI_CERTIFICATE_FILE and LOKI_KEY_FILE go together")
        }
        // Well below the time after which a batch is cancelled, so that its commit has time left.
        if !(.seconds(1) ... .seconds(20)).contains(timeout) { problems.append("LOKI_TIMEOUT takes 1s to 20s") }
        let tenancy = LokiTenancy(tenant)
        if tenancy == nil { problems.append("LOKI_TENANT takes letters, digits and !-_.*'(), and {tenant}") }
        let url = settings.parsed("LOKI_URL", text) { (text) throws(ClientError) in
            try ClientURL(text, adding: text.hasSuffix(Self.path) ? "" : Self.path)
        }
        var credentials = url?.credentials
        if let token {
            if credentials != nil || password != nil { problems.append("LOKI_TOKEN and a password are both set") }
            credentials = .bearer(token: token)
        } else if let password {
            if case .basic(let user, _) = credentials {
                credentials = .basic(user: user, password: password)
            } else {
                problems.append("LOKI_PASSWORD needs a user in LOKI_URL: https://user@host")
            }
        }
        for problem in problems { settings.refuse(problem) }
        guard problems.isEmpty, !text.isEmpty, let url, let tenancy else { return nil }
        self.url = url
        self.credentials = credentials
        self.tenancy = tenancy
    }
}
