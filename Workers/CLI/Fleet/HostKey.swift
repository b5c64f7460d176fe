import Contracts
import Sealing

/// The keys by which a server proves that it is itself, as people compare them.
enum HostKey {
    /// The fingerprints of what is stored of a server: a line `ALGORITHM BASE64` each, or a fingerprint as it is;
    /// with a comma between several. What cannot be read is said to be so.
    static func fingerprints(_ stored: String) -> String {
        stored.split(whereSeparator: \.isNewline).map { fingerprint($0) ?? "(unreadable)" }.joined(separator: ", ")
    }

    /// `SHA256:…`, as ssh prints it: the hash of the key itself in base64 without padding.
    static func fingerprint(_ line: Substring) -> String? {
        let words = line.split(separator: " ")
        if words.count == 1, line.hasPrefix("SHA256:") { return String(line) }
        guard words.count >= 2 else { return nil }
        let unpadded = words[1].prefix { $0 != "=" }
        let padding = String(repeating: "=", count: (4 - unpadded.utf8.count % 4) % 4)
        guard let key = Base64.decode(unpadded + padding), !key.isEmpty else { return nil }
        return "SHA256:" + Base64.encode(Digest.sha256(key)).prefix { $0 != "=" }
    }
}
