import HTTP
import Synchronization
import Testing

@testable import Runtime

@Suite("Health answers")
struct HealthTests {
    private final class Switch: Sendable {
        let isOn = Atomic(true)
    }

    private let broker = Switch()

    private var health: Health {
        let loop = HealthCheck("loop") { .ok }
        let connected = HealthCheck("broker") { [broker] in
            broker.isOn.load(ordering: .relaxed) ? .ok : .failing("not connected")
        }
        return Health(live: [loop], ready: [loop, connected], metrics: Metrics())
    }

    private func get(_ path: String, query: String = "") -> HTTPResponse {
        health.answer(HTTPRequest(method: .get, path: path, query: query))
    }

    private func text(_ response: HTTPResponse) -> String { String(decoding: response.body, as: UTF8.self) }

    @Test("A well process is alive and ready", arguments: ["/livez", "/readyz"])
    func well(path: String) {
        let response = get(path)
        #expect(response.status == 200 && text(response) == "ok\n")
        #expect(response.headers["Content-Type"] == "text/plain; charset=utf-8")
        #expect(text(get(path, query: "verbose")).contains("[+] loop\n"))
    }

    @Test("A dependency that is away makes a process unready and leaves it alive")
    func unready() {
        broker.isOn.store(false, ordering: .relaxed)
        #expect(get("/livez").status == 200 && health.ailments.isEmpty)
        let response = get("/readyz")
        #expect(response.status == 503)
        #expect(text(response) == "failing\n[+] loop\n[-] broker: not connected\n")
    }

    @Test("A failing liveness check is named")
    func dead() {
        let stuck = HealthCheck("loop") { .failing("no progress for 60 s") }
        let health = Health(live: [stuck], ready: [], metrics: Metrics())
        #expect(health.ailments == ["loop: no progress for 60 s"])
        #expect(health.answer(HTTPRequest(method: .get, path: "/livez")).status == 503)
    }

    @Test("Metrics carry the content type without which a scrape fails")
    func metrics() {
        let response = get("/metrics")
        #expect(response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(text(response).contains("# TYPE process_cpu_seconds_total counter\n"))
    }

    @Test("Other paths are 404", arguments: ["/", "/livez/", "/LIVEZ", "/metrics/x"])
    func unknownPaths(path: String) { #expect(get(path).status == 404) }

    @Test(
        "Other methods are 405 and say which are allowed",
        arguments: [HTTPMethod.post, .put, .delete, .options, .patch])
    func otherMethods(method: HTTPMethod) {
        let response = health.answer(HTTPRequest(method: method, path: "/livez"))
        #expect(response.status == 405 && response.headers["Allow"] == "GET, HEAD")
        #expect(health.answer(HTTPRequest(method: method, path: "/nowhere")).status == 404)
    }

    @Test("An answer is not kept by a cache")
    func caching() {
        for path in ["/livez", "/readyz", "/metrics"] { #expect(get(path).headers["Cache-Control"] == "no-store") }
    }
}
