import Contracts

/// The way through the pages of a table, a slice a visit. Pure.
///
/// Old rows do not lie together: pages that were freed are filled again with new ones. So the pruning walks page by
/// page and remembers where it was, which costs the same whatever lies there; looking for a thousand old rows from the
/// start, again and again, would step over everything that is dead already.
struct PruneWalk {
    /// Pages in one statement: about a thousand rows of 100 bytes.
    static let stride = 12
    /// Pages in one visit, at least: 80 MB. More when the table needs it to be walked once in a day of hourly visits.
    static let visit = 10_000

    private var page: Int
    private var left: Int
    private let pages: Int

    /// - Parameters:
    ///   - start: where an earlier visit ended, or anywhere.
    ///   - pages: the size of the table.
    init(from start: Int, pages: Int) {
        self.pages = pages
        page = pages == 0 ? 0 : start % pages
        left = min(pages, max(Self.visit, (pages + 23) / 24))
    }

    /// Where the next visit begins.
    var position: Int { page }

    /// The next pages, the upper bound not included; `nil` at the end of the visit.
    mutating func next() -> Range<Int>? {
        guard left > 0 else { return nil }
        let end = min(page + min(Self.stride, left), pages)
        let range = page..<end
        left -= range.count
        page = end == pages ? 0 : end
        return range
    }
}
