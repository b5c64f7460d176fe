/// A bar that fills up, for a terminal. Pure.
enum ProgressBar {
    /// `[#####...............] 1 of 4`; empty of nothing.
    static func text(_ done: Int, of total: Int) -> String {
        total > 0 ? "\(bar(done, of: total, width: 20)) \(done) of \(total)" : ""
    }

    /// `[###.......]`, so many columns wide between the brackets; full only when all is done.
    static func bar(_ done: Int, of total: Int, width: Int) -> String {
        let filled = total > 0 ? Int(Double(min(max(done, 0), total)) / Double(total) * Double(width)) : 0
        return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled) + "]"
    }
}
