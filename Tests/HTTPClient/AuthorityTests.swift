import CCurl
import Foundation
import Glibc
import HTTPClient
import TestSupport
import Testing

/// Whom a handle trusts, as the library says it.
struct AuthorityTests {
    /// Of nobody: no key is left that could sign with it.
    private static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBoDCCAUWgAwIBAgIUbpcuiQFX9yH7ZTbCqU9YKAGw01YwCgYIKoZIzj0EAwIw
        JDEiMCAGA1UEAwwZQW4gYXV0aG9yaXR5IG9mIHRoZSB0ZXN0czAgFw0yNjExMjEx
        MjEyNDFaGA8yMTI2MTAyODEyMTI0MVowJDEiMCAGA1UEAwwZQW4gYXV0aG9yaXR5
        IG9mIHRoZSB0ZXN0czBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABEELf8sc6HWr
        y/QLlEPZG8OT+n7RSsjvUMANNpOkb5cYG0roKxH74g+RXdzM4/kFB3Pjznt+PhD7
        +xX5y+w56hijUzBRMB0GA1UdDgQWBBTe4VwzWi1C4HZYi56kBO4rjgh/jjAfBgNV
        HSMEGDAWgBTe4VwzWi1C4HZYi56kBO4rjgh/jjAPBgNVHRMBAf8EBTADAQH/MAoG
        CCqGSM49BAMCA0kAMEYCIQDqqteYPakUATG2/eDQwKoYRu3NwuOfKE1kPnEsdvkD
        swIhAJWmiGD4Xm2N7QiabPkDWnPIPE7v2lx1wc4blLc0W45f
        -----END CERTIFICATE-----

        """

    /// The system's directory cannot be written by a test, so the library's account of the handshake is read.
    @Test("An authority that is set is the only one: no directory is asked besides")
    func only() throws {
        let file = NSTemporaryDirectory() + "/ruche-authority-\(UUID().uuidString).pem"
        try Self.authority.write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let said = try ScriptedServer.with({ _, _ in [] }) { server in
            try account(of: "https://127.0.0.1:\(server.port)", trusting: file)
        }
        #expect(said.contains("CAfile: \(file)"))
        #expect(said.contains("CApath: none"))
    }

    /// What the library tells of a request, which ends without an answer.
    private func account(of url: String, trusting file: String) throws -> String {
        guard let handle = unsafe curl_easy_init() else { throw ClientError(.failed, "no handle") }
        defer { unsafe curl_easy_cleanup(handle) }
        var text: UnsafeMutablePointer<CChar>?
        var size = 0
        guard let stream = unsafe open_memstream(&text, &size) else { throw ClientError(.failed, "no stream") }
        defer { unsafe free(text) }
        let codes = [
            unsafe ruche_curl_set_rules(handle), unsafe ruche_curl_set_authority(handle, file),
            unsafe ruche_curl_set_text(handle, CURLOPT_URL, url),
            unsafe ruche_curl_set_number(handle, CURLOPT_TIMEOUT_MS, 500),
            unsafe ruche_curl_set_number(handle, CURLOPT_VERBOSE, 1),
            unsafe ruche_curl_set_pointer(handle, CURLOPT_STDERR, UnsafeRawPointer(stream)),
        ]
        #expect(codes.allSatisfy { $0 == CURLE_OK })
        let code = unsafe curl_easy_perform(handle)
        #expect(code != CURLE_OK)
        unsafe fclose(stream)
        return unsafe text.map { unsafe String(cString: $0) } ?? ""
    }
}
