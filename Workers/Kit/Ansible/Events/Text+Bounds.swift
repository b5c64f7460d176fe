extension String {
    /// Without white space at its ends.
    var trimmed: String {
        let body = drop(while: \.isWhitespace)
        guard let last = body.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(body[...last])
    }

    /// Its beginning, up to so many bytes, whole characters.
    func beginning(_ limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(startIndex, offsetBy: limit)
        while end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(self[..<end]) + "…"
    }

    /// Its end, up to so many bytes, whole characters.
    func ending(_ limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var start = utf8.index(endIndex, offsetBy: -limit)
        while start.samePosition(in: unicodeScalars) == nil { start = utf8.index(after: start) }
        return "…" + String(self[start...])
    }
}
