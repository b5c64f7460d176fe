/// What holds for all requests of a client.
package struct ClientOptions: Sendable {
    /// How long a connection may take, TLS included.
    package var connectTimeout: Duration = .seconds(5)
    /// How long a request may take from its beginning to the last byte of its answer, unless it says otherwise.
    package var timeout: Duration = .seconds(30)
    /// Bytes of an answer's body, after which it is given up.
    package var answerLimit = 1_048_576
    /// Certificates to trust, as PEM, in place of the system's.
    package var authorityFile: String?
    /// A certificate to show, as PEM, and its key.
    package var certificate: (file: String, keyFile: String)?
    /// The proxy to go through. Never taken from the environment: a variable that was set for something else must not
    /// send logs elsewhere.
    package var proxy: String?
    /// A Unix socket to connect to in place of the URL's host, which is then only what the server is told.
    package var socketPath: String?
    /// What the requests say that they come from.
    package var userAgent = "ruche"

    package init() {}
}
