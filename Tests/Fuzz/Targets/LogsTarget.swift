@testable import Contracts
import IngestLogsWorker
import Runtime

extension FuzzTarget {
    /// Lines of logs on their way from a message to the chunks of the database and to a body for Loki.
    static let logs = FuzzTarget(
        name: "logs", summary: "lines of logs: every one is kept or told of, and what is kept is text",
        seeds: {
            let now = at.microseconds * 1000
            return [
                #"{"streams":[{"stream":{"host":"a"},"values":[["\#(now)","level=warn x"],["1","old"]]}]}"#,
                #"{"streams":[{"stream":{"a-b":"c"},"values":[["\#(now)","x"]]},{"stream":{"a":"b"},"values":[[1]]}]}"#,
                #"{"streams":[{"stream":{"a":"b"},"values":[["\#(now)","E0504 10:00:00 x",{"detected_level":"q"}]]}]}"#,
                #"{"records":[{"message":"{\"level\":\"error\"}","host":"h","service":"s"},{"message":null}]}"#,
                #"{"records":[{"log":"\ud800 \u0000 x","@timestamp":"\#(at.rfc3339)","n":[1]},7,{"msg":"[WARN] a"}]}"#,
            ].map { Array($0.utf8) } + [
                Array(#"{"records":[{"message":""#.utf8) + [0xFF, 0x00, 0x07] + Array(#""}]}"#.utf8)
            ]
        },
        check: { bytes in
            guard let command = try? IngestLogs(json: bytes) else { return }
            var gathered = GatheredLogs(at: at)
            let done = gathered.add(command, of: "t")
            let listed = (command.streams ?? []).reduce(0) { $0 + $1.entries.count + $1.rejections.count }
            let lines = listed + (command.records?.count ?? 0)
            try requireSame(done.accepted + done.rejected, lines, "lines that are kept or told of")
            for reason in done.reasons {
                let fault = Fault(Fault.Code(rawValue: reason.code), at: reason.pointer, reason.message)
                try checkPointer(fault, in: bytes)
            }
            try requireSame(try LogsIngested(json: done.json()), done, "the completion")
            try checkStreams(gathered.streams(), lines: done.accepted)
            let body = LokiBody.encode(LokiBody.pieces(of: gathered, labelled: true))
            try require(PlainJSON(body) != nil, "a push is JSON: \(String(decoding: body, as: UTF8.self))")
            var pushed = GatheredLogs(at: at)
            try requireSame(
                pushed.add(try IngestLogs(json: body), of: "t").accepted, done.accepted, "lines of the push")
        })

    /// The time at which all lines arrive.
    private static let at = Timestamp(microseconds: 1_779_876_123_456_789)

    private static func checkStreams(_ streams: [GatheredStream], lines: Int) throws {
        var kept = 0
        for stream in streams {
            try require(PlainJSON(stream.labels.json) != nil, "labels are JSON")
            try requireSame(stream.counts.values.reduce(0) { $0 + $1.entries }, stream.lines.count, "lines by level")
            for chunk in stream.chunks() {
                kept += chunk.lines.count
                try require(chunk.times == chunk.times.sorted(), "a chunk is in the order of time")
                try require(
                    chunk.lines.count <= LogLimits.chunkLines
                        && (chunk.bytes <= LogLimits.chunkBytes || chunk.lines.count == 1), "a chunk's size")
                for (place, line) in chunk.lines.enumerated() {
                    try require(isText(line.utf8), "a line is text: \(Array(line.utf8))")
                    try requireSame(
                        LogSeverity(line: LogText(Array(line.utf8)[...])), LogSeverity(line: line),
                        "the severity of the line by itself")
                    guard let metadata = chunk.columnOfMetadata?[place]?.json else { continue }
                    try require(PlainJSON(metadata) != nil, "metadata is JSON without U+0000")
                    try require(metadata.count <= LogLimits.metadata, "metadata is not too large")
                }
            }
        }
        try requireSame(kept, lines, "lines in chunks")
    }

    private static func isText(_ bytes: ArraySlice<UInt8>) -> Bool {
        !bytes.contains(0) && String(validating: bytes, as: UTF8.self) != nil
    }
}

extension Sequence {
    fileprivate var count: Int { reduce(0) { count, _ in count + 1 } }
}
