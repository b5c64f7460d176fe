import HTTPClient

extension WebAnswer {
    /// Asks the proxy at an address which version a name leads to, as a customer whose resolver knows the name would;
    /// `nil` when nobody answers. Blocks, for some seconds at most.
    static func ask(_ address: String, for domain: String) -> WebAnswer? {
        var options = ClientOptions()
        // The name need not lead there yet.
        options.proxy = "http://\(address.contains(":") ? "[\(address)]" : address):80"
        (options.connectTimeout, options.timeout) = (.seconds(3), .seconds(5))
        options.answerLimit = 65_536
        do {
            var client = try Client(options)
            let answer = try client.send(ClientRequest("GET", try ClientURL("http://\(domain)/up")))
            return WebAnswer(status: answer.status, body: answer.text)
        } catch {
            return nil
        }
    }
}
