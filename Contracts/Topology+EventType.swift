extension Topology {
    /// The routing key of an event from its CloudEvents type: `ruche.lease-ip.succeeded.v1` → `lease-ip.succeeded`.
    /// Nothing for a type that is not one of ours.
    public static func routingKey(eventType: String) -> String? {
        let parts = eventType.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] + "." == namePrefix else { return nil }
        return "\(parts[1]).\(parts[2])"
    }
}
