import Ansible
import Foundation
import Testing

@Suite("Secrets in texts")
struct RedactionTests {
    @Test("A secret is found in every form in which it may be written")
    func forms() throws {
        let secrets = ["s3cr'et\"\\ /x", "pässwörd\u{1F980}", "tab\there", "a+b=c&d%e f", "simple-secret"]
        let redaction = Redaction(secrets)
        for secret in secrets {
            let json = try #require(String(data: JSONEncoder().encode(secret), encoding: .utf8)).dropFirst().dropLast()
            let ascii = json.unicodeScalars.map { scalar in
                scalar.isASCII
                    ? String(scalar) : String(scalar).utf16.map { "\\u" + String($0, radix: 16).leftPadded(4) }.joined()
            }.joined()
            let url = try #require(secret.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
            let forms = [
                secret, String(json), ascii, url, url.lowercasedEscapes, url.replacing("%2D", with: "-"),
                "'\(secret.replacing("'", with: "'\\''"))'", "'\(secret.replacing("'", with: "'\"'\"'"))'",
            ]
            for form in forms {
                let text = redaction.redact("before \(form) after")
                #expect(
                    text.contains(Redaction.mask) && text.hasPrefix("before ") && text.hasSuffix(" after"), "\(form)")
                #expect(text.count <= "before '***' after".count, "\(form) became \(text)")
            }
            for offset in 0..<4 {
                let bytes = Data(String(repeating: "x", count: offset).utf8 + Array(secret.utf8) + Array("tail".utf8))
                let text = redaction.redact(bytes.base64EncodedString())
                #expect(text.contains(Redaction.mask) && text.count < 20, "\(text)")
            }
        }
    }

    @Test("Nothing else is changed")
    func others() {
        let text = "nothing to hide: é \u{1F980} \\u00e9 %20"
        #expect(Redaction().redact(text) == text)
        #expect(Redaction([""]).redact(text) == text)
        #expect(Redaction(["secret"]).redact(text) == text)
        #expect(Redaction(["secret"]).redact("") == "")
        #expect(Redaction(["secret"]).redact("secre") == "secre")
    }

    @Test("Secrets that overlap or touch leave nothing of either")
    func overlaps() {
        #expect(Redaction(["abcd", "cdef"]).redact("xabcdefx") == "x***x")
        #expect(Redaction(["abcdefgh", "abcd"]).redact("abcdefgh abcd abcdef") == "*** *** ***ef")
        #expect(Redaction(["aaaa"]).redact("aaaaaa") == "***")
        #expect(Redaction(["abcd"]).redact("abcdabcd") == "***")
        #expect(Redaction(["abcd"]).redact("abcd abcd") == "*** ***")
    }

    @Test("A short secret is found as a word alone")
    func short() {
        let redaction = Redaction(["ok", "x", "é"])
        #expect(redaction.redact("ok: token ok, \"ok\" ok_ 1ok ok") == "***: token ***, \"***\" ok_ 1ok ***")
        #expect(redaction.redact("x xx axe x") == "*** xx axe ***")
        #expect(redaction.redact("é né é") == "*** né ***")
    }

    @Test("Each line of a key is a secret of its own")
    func lines() {
        let key = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\nAAAABG5vbmUAAAAEbm9uZQ==\nshort\n"
        let redaction = Redaction([key])
        #expect(redaction.redact("b3BlbnNzaC1rZXktdjEAAAAA") == "***")
        #expect(redaction.redact("at AAAABG5vbmUAAAAEbm9uZQ==") == "at ***")
        #expect(redaction.redact("short") == "short")
        #expect(!redaction.redact(key.replacing("\n", with: "\\n")).contains("AAAA"))
    }

    @Test("Many secrets do not make it slow")
    func many() {
        let redaction = Redaction((0..<2000).map { "password-\($0 &* 2_654_435_761)-\($0)" })
        let text = String(repeating: "an ordinary line of output, ", count: 2000)
        #expect(redaction.redact(text) == text)
    }
}

extension String {
    fileprivate func leftPadded(_ width: Int) -> String { String(repeating: "0", count: width - count) + self }

    /// Percent signs with the digits after them in lower case.
    fileprivate var lowercasedEscapes: String {
        var rest = self[...]
        var result = ""
        while let percent = rest.firstIndex(of: "%") {
            let end = rest.index(percent, offsetBy: 3)
            result += rest[..<percent] + rest[percent..<end].lowercased()
            rest = rest[end...]
        }
        return result + rest
    }
}
