@testable import CLI
@testable import Contracts
import Glibc
@testable import Runtime

extension FuzzTarget {
    /// Single words: what is read of a text and how it is shown.
    static let words = FuzzTarget(
        name: "words", summary: "durations, times, ids, addresses, networks, base64, names, cursors, assignments",
        seeds: {
            [
                "500ms", "30s", "36500d", "2026-11-21", "1_00000000-0000-0000-0000-000000000001", "192.0.2.1", "::",
                "2001:db8::1:0:0:1", "::ffff:192.0.2.1", "1:2:3:4:5:6:7::", "10.0.0.0/8", "2001:db8::/32", "AAEC",
                "YQ==", "lease-ip", "a.b=1", "holder=x", "ttlSeconds=60", "serverIds.x={\"a\":1}",
                "0190163d-8694-739b-aea5-966c26f8ad91", "title\u{200B}", "\u{7}é漢👍🏽",
            ].map { Array($0.utf8) }
        },
        check: { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            if let duration = Duration(text: text) {
                try requireSame(Duration(text: duration.text), duration, "the duration \(duration.text)")
            }
            if let time = Timestamp(said: text, now: .example) { try requireSame(time, time.bounded, "the time") }
            if let id = UniqueID(text) {
                try requireSame(id.description, text.lowercased(), "the id")
                try requireSame(UniqueID(id.bytes), id, "the id's bytes")
            }
            if let cursor = JobCursor(text) { try requireSame(JobCursor("\(cursor)"), cursor, "the cursor") }
            try checkAddress(text)
            if let name = CommandName(text) { try requireSame(name.rawValue, text, "the name") }
            for pattern in TextPattern.allCases { _ = pattern.accepts(text) }
            if let data = Base64.decode(text) { try requireSame(Base64.encode(data), text, "base64 written") }
            try requireSame(Base64.decode(Base64.encode(bytes)), bytes, "base64 there and back")
            let shown = TextWidth.harmless(text)
            try requireSame(TextWidth.harmless(shown), shown, "harmless twice")
            let fitted = TextWidth.of(TextWidth.fitted(shown, to: 10))
            try require(fitted <= 10, "\(fitted) columns")
            for command in Catalogue.commands {
                guard let assignment = try? Assignment(text, for: command) else { continue }
                _ = try? Assignment.apply([assignment], to: command.example.json(), of: command)
            }
        })

    /// Addresses against the C library.
    private static func checkAddress(_ text: String) throws {
        let address = IPAddress(text)
        if !text.utf8.contains(0) {
            var words = [UInt16](repeating: 0, count: 8)
            let isV4 = unsafe inet_pton(AF_INET, text, &words) == 1
            let isV6 = unsafe inet_pton(AF_INET6, text, &words) == 1
            try requireSame(address?.isV4, isV4 ? true : isV6 ? false : nil, "the address \(text)")
            if let address {
                _ = unsafe inet_pton(isV4 ? AF_INET : AF_INET6, text, &words)
                try requireSame(
                    address.words, words.prefix(address.words.count).map { UInt16(bigEndian: $0) }, "the address's bits"
                )
            }
        }
        if let address { try requireSame(IPAddress(address.description), address, "the address \(address)") }
        if let prefix = IPPrefix(text) { try requireSame(IPPrefix("\(prefix)"), prefix, "the network") }
    }
}
