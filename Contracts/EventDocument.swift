/// The members of an event as they stand in its JSON: what the documents describe and what parsing reads.
struct EventDocument: Message {
    var specversion = ""
    var id = UniqueID.zero
    var source = ""
    var type = ""
    var subject = ""
    var time = Timestamp.epoch
    var datacontenttype: String?
    var correlationid: String?
    var attempt = 1
    var sequence = 1
    var tenant = Topology.defaultTenant
    var traceparent: String?
    var tracestate: String?
    var data: [UInt8] = Array("{}".utf8)

    static let fields: FieldTable<EventDocument> = [
        .required("specversion", \.specversion, .text(1...16), "The version of CloudEvents: 1.0."),
        .required("id", \.id, .uniqueID, "The event; each repeat of the same event has the same id."),
        .required("source", \.source, .text(1...255), "Where it comes from: /ruche/<command>."),
        .required("type", \.type, .text(1...255), "What happened: ruche.<command>.<kind>.v1."),
        .required("subject", \.subject, .text(1...255), "The job that it is about."),
        .required("time", \.time, .timestamp, "When it happened."),
        .optional("datacontenttype", \.datacontenttype, .text(1...255), "Always application/json."),
        .optional("correlationid", \.correlationid, .text(1...255), "The correlation id of the command."),
        .defaulted("attempt", \.attempt, Limits.count, "Which attempt it was, from 1."),
        .defaulted("sequence", \.sequence, Limits.count, "The event's number within its job, from 1, without gaps."),
        .defaulted("tenant", \.tenant, .text(1...128), "For whom the command was done."),
        .optional("traceparent", \.traceparent, .text(1...255), "The trace that the command belongs to (W3C)."),
        .optional("tracestate", \.tracestate, .text(1...512), "The vendors' part of the trace (W3C)."),
        .defaulted("data", \.data, .json, "The completion, or why there is none."),
    ]
}
