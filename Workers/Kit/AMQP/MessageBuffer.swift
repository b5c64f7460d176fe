/// First in, first out; what was sent in vain goes back to the front.
struct MessageBuffer {
    private var items: [OutgoingMessage] = []
    private var head = 0
    private static let hollow = OutgoingMessage(exchange: "", routingKey: "", body: [])

    var count: Int { items.count - head }
    var isEmpty: Bool { head == items.count }

    mutating func append(_ messages: [OutgoingMessage]) {
        if messages.isEmpty { return }
        if isEmpty { (items, head) = (messages, 0) } else { items.append(contentsOf: messages) }
    }

    mutating func prepend(_ messages: [OutgoingMessage]) {
        if messages.isEmpty { return }
        items = messages + items[head...]
        head = 0
    }

    mutating func popFirst() -> OutgoingMessage? {
        guard head < items.count else { return nil }
        // Moved out, so that a body is not kept until the array is shortened.
        var message = Self.hollow
        swap(&items[head], &message)
        head += 1
        if head > 1024, head * 2 > items.count {
            items.removeFirst(head)
            head = 0
        }
        return message
    }

    mutating func removeAll() -> [OutgoingMessage] {
        defer { (items, head) = ([], 0) }
        return Array(items[head...])
    }
}
