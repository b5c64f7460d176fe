package import Contracts

/// Finds the lines that Loki refuses among those of one command.
///
/// Loki keeps what it can of a push and says of the rest so much as fits its answer. So the lines are pushed in smaller
/// and smaller parts: a part that is taken is taken, a line that is refused alone is at fault, and of a stream that was
/// pushed alone Loki says how many. What it has already is dropped there as an exact duplicate.
package struct LokiSieve {
    /// What Loki refused.
    package private(set) var rejections = LogRejections()
    private let pointers: [String]
    private var open: [[LokiPiece]]
    private var pushesLeft: Int
    /// What Loki said last.
    package private(set) var said = ""

    /// What became of a part.
    package enum Verdict {
        /// Push this.
        case push([LokiPiece])
        /// All is known.
        case done
        /// Too many pushes would be needed to tell.
        case undecided
    }

    /// - Parameters:
    ///   - pieces: what is pushed first.
    ///   - pointers: the pointer of each line, by its place.
    ///   - pushes: how many pushes may be made.
    package init(_ pieces: [LokiPiece], pointers: [String], pushes: Int = 64) {
        open = pieces.isEmpty ? [] : [pieces]
        self.pointers = pointers
        pushesLeft = pushes
    }

    /// What to push next. The same again until something is said about it.
    package mutating func next() -> Verdict {
        guard let part = open.last else { return .done }
        guard pushesLeft > 0 else { return .undecided }
        return .push(part)
    }

    /// The part that was pushed last is taken.
    package mutating func take() {
        pushesLeft -= 1
        open.removeLast()
    }

    /// Something of the part that was pushed last is refused.
    package mutating func refuse(_ refusal: LokiRefusal) {
        pushesLeft -= 1
        said = refusal.text
        let part = open.removeLast()
        guard part.count == 1, let piece = part.first else {
            let middle = part.count / 2
            open += [Array(part[middle...]), Array(part[..<middle])]
            return
        }
        if let ignored = refusal.ignored, ignored.total == piece.lines.count {
            return reject(piece, refusal, count: ignored.count)
        }
        guard piece.lines.count > 1 else { return reject(piece, refusal, count: 1) }
        let middle = piece.lines.startIndex + piece.lines.count / 2
        open += [
            [LokiPiece(labels: piece.labels, lines: piece.lines[middle...])],
            [LokiPiece(labels: piece.labels, lines: piece.lines[..<middle])],
        ]
    }

    private mutating func reject(_ piece: LokiPiece, _ refusal: LokiRefusal, count: Int) {
        let place = piece.lines.first?.1.place ?? 0
        rejections.add(refusal.code, refusal.text, at: pointers[place], count: count)
    }
}
