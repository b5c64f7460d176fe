extension ServiceFrame {
    /// The tracing of the process, counted and logged. Called once a process.
    package func tracer(_ settings: TraceSettings) -> Tracer {
        let exported = metrics.register(
            .counter, "ruche_spans_exported_total", "Spans that the receiver has taken.")
        let dropped = metrics.register(
            .counter, "ruche_spans_dropped_total", "Spans that were given up: no room, receiver away, not wanted.",
            labels: ["reason"])
        for loss in SpanExporter.Loss.allCases { metrics.begin(dropped, [loss.rawValue]) }
        var settings = settings
        settings.resource.append(("service.instance.id", identity))
        return Tracer(settings) { [metrics, log] report in
            switch report {
            case .exported(let count): metrics.add(Double(count), to: exported)
            case .dropped(let count, let loss): metrics.add(Double(count), to: dropped, [loss.rawValue])
            case .away(let reason): log.warning("spans are not taken", [(.reason, .string(reason))])
            case .back: log.info("spans are taken again")
            }
        }
    }
}
