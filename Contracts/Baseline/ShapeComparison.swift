/// Compares fields, and knows for which side a difference is one too many.
struct ShapeComparison {
    /// Which way messages go.
    enum Direction {
        /// From producers to us: more may be taken than before.
        case taken
        /// From us to subscribers: less may be said than before.
        case said
    }

    let direction: Direction
    private(set) var place: String
    private(set) var changes: [ContractChange] = []

    init(direction: Direction, place: String) {
        self.direction = direction
        self.place = place
    }

    mutating func breaks(_ what: String) { changes.append(ContractChange(.breaking, place, what)) }
    mutating func adds(_ what: String) { changes.append(ContractChange(.added, place, what)) }

    /// Compares the fields of two objects.
    mutating func compare(_ before: [FieldShape], _ after: [FieldShape]) {
        for field in before {
            let outer = place
            place = inside(field.name)
            if let successor = after.first(where: { $0.name == field.name }) {
                compare(field, successor)
            } else {
                breaks("the field is removed")
            }
            place = outer
        }
        for field in after where !before.contains(where: { $0.name == field.name }) {
            let outer = place
            place = inside(field.name)
            if field.required, direction == .taken {
                breaks("a new field that is required")
            } else {
                adds("a new field")
            }
            place = outer
        }
    }

    private func inside(_ name: String) -> String {
        place + (place.contains("/") ? "/" : " /") + JSONPointer.token(name)
    }

    private mutating func compare(_ before: FieldShape, _ after: FieldShape) {
        requirement(before, after)
        if before.secret != after.secret {
            if before.secret { breaks("the field is no secret any more") } else { adds("the field is a secret now") }
        }
        guard before.kind == after.kind else { return breaks("\(before.kind) became \(after.kind)") }
        // What is said always says the value.
        if direction == .taken, before.fallback != after.fallback {
            breaks("left out, it was \(before.fallback ?? "nothing") and is \(after.fallback ?? "nothing")")
        }
        limits(before, after)
        if before.pattern != after.pattern { pattern(before.pattern, after.pattern) }
        words(before, after)
        for (index, (element, successor)) in zip(before.element, after.element).enumerated() {
            let outer = place
            place += before.kind == "tuple" ? "/\(index)" : "/*"
            compare(element, successor)
            place = outer
        }
        compare(before.fields, after.fields)
    }

    private mutating func requirement(_ before: FieldShape, _ after: FieldShape) {
        guard before.required != after.required else { return }
        let what = after.required ? "the field is required now" : "the field may be absent now"
        if after.required == (direction == .taken) { breaks(what) } else { adds(what) }
    }

    private mutating func limits(_ before: FieldShape, _ after: FieldShape) {
        let wasLow = before.minimum ?? -.infinity
        let wasHigh = before.maximum ?? .infinity
        let low = after.minimum ?? -.infinity
        let high = after.maximum ?? .infinity
        let text = "\(Self.text(before)) became \(Self.text(after))"
        if low > wasLow || high < wasHigh {
            direction == .taken ? breaks("narrowed: " + text) : adds("narrowed: " + text)
        }
        if low < wasLow || high > wasHigh {
            direction == .taken ? adds("widened: " + text) : breaks("widened: " + text)
        }
    }

    private mutating func pattern(_ before: String?, _ after: String?) {
        let what = "the text's rule \(before ?? "any") became \(after ?? "any")"
        // Only the way to or from "anything" can be told to be safe.
        let isSafe = direction == .taken ? after == nil : before == nil
        if isSafe { adds(what) } else { breaks(what) }
    }

    private mutating func words(_ before: FieldShape, _ after: FieldShape) {
        let gone = before.words.filter { !after.words.contains($0) }
        let new = after.words.filter { !before.words.contains($0) }
        if !gone.isEmpty {
            let what = "without: \(gone.joined(separator: ", "))"
            direction == .taken ? breaks(what) : adds(what)
        }
        if !new.isEmpty { adds("with: \(new.joined(separator: ", "))") }
    }

    private static func text(_ shape: FieldShape) -> String {
        let low = shape.minimum.map(number) ?? ""
        let high = shape.maximum.map(number) ?? ""
        return "\(low)…\(high)"
    }

    private static func number(_ value: Double) -> String {
        Int(exactly: value).map { "\($0)" } ?? "\(value)"
    }
}
