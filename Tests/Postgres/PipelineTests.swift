import Testing

@testable import Postgres

/// What each answer of the server means, without a server.
@Suite struct PipelineTests {
    private let key = StatementKey(text: "SELECT 1", types: [])
    private let error = PostgresError(.server, "no", sqlState: .uniqueViolation)

    private func pipeline(_ steps: Pipeline.Step...) -> Pipeline {
        var pipeline = Pipeline()
        for step in steps { pipeline.expect(step, at: .unknown) }
        return pipeline
    }

    @Test func `Results go to the slots of their statements`() {
        var pipeline = pipeline(
            .prepare(key), .statement(slot: 0, key: key), .statement(slot: 1, key: key), .sync)
        #expect(pipeline.receive(.completed(.other)).name == "nothing")
        #expect(pipeline.receive(.completed(.other)).slot == 0)
        #expect(pipeline.receive(.completed(.other)).slot == 1)
        #expect(!pipeline.isEmpty)
        #expect(pipeline.receive(.synced).name == "ended")
        #expect(pipeline.isEmpty)
    }

    @Test func `After an error everything up to the sync is skipped and the error surfaces once`() {
        var pipeline = pipeline(
            .statement(slot: 0, key: key), .prepare(key), .statement(slot: 1, key: key), .commit(key), .sync)
        #expect(pipeline.receive(.failed(error)).name == "fail")
        #expect(pipeline.receive(.skipped).name == "forget")
        #expect(pipeline.receive(.skipped).name == "nothing")
        #expect(pipeline.receive(.skipped).name == "nothing")
        #expect(pipeline.receive(.synced).name == "ended")
    }

    @Test func `A failure at the end of a group comes ahead of the end`() {
        var pipeline = pipeline(.statement(slot: 0, key: key), .sync)
        #expect(pipeline.receive(.completed(.other)).slot == 0)
        #expect(pipeline.receive(.failed(error)).name == "fail")
        #expect(!pipeline.isEmpty)
        #expect(pipeline.receive(.synced).name == "ended")
    }

    @Test func `COMMIT answered by ROLLBACK is a failure`() {
        var committed = pipeline(.commit(key))
        #expect(committed.receive(.completed(CommandTag("COMMIT"))).name == "committed")
        var undone = pipeline(.commit(key))
        #expect(undone.receive(.completed(CommandTag("ROLLBACK"))).error?.code == .notCommitted)
    }

    @Test(arguments: ["BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK", "PREPARE TRANSACTION"])
    func `A statement that ends the transaction by itself is a misuse`(_ tag: String) {
        var pipeline = pipeline(.statement(slot: 0, key: key))
        #expect(pipeline.receive(.completed(CommandTag(tag))).error?.code == .misuse)
    }

    @Test func `A statement that is gone or stale is prepared again`() {
        let gone = PostgresError(.server, "", sqlState: .invalidStatementName)
        let stale = PostgresError(.server, "", sqlState: .featureNotSupported, isStalePlan: true)
        let unsupported = PostgresError(.server, "", sqlState: .featureNotSupported)
        for (error, name) in [(gone, "failStale"), (stale, "failStale"), (unsupported, "fail")] {
            var pipeline = pipeline(.statement(slot: 0, key: key))
            #expect(pipeline.receive(.failed(error)).name == name)
        }
        var unprepared = pipeline(.prepare(key))
        #expect(unprepared.receive(.failed(error)).name == "failUnprepared")
    }

    @Test func `A deallocation fails in silence and is repeated when it was skipped`() {
        var pipeline = pipeline(.deallocate("r1"), .deallocate("r2"), .sync)
        #expect(pipeline.receive(.failed(error)).name == "nothing")
        #expect(pipeline.receive(.skipped).name == "discardAgain")
    }

    @Test func `An answer that nothing waits for is out of step`() {
        var empty = Pipeline()
        #expect(empty.receive(.synced).name == "outOfStep")
        var early = pipeline(.statement(slot: 0, key: key))
        #expect(early.receive(.synced).name == "outOfStep")
        var late = pipeline(.sync)
        #expect(late.receive(.completed(.other)).name == "outOfStep")
    }
}

extension Pipeline.Action {
    fileprivate var name: String { String("\(self)".prefix { $0 != "(" }) }

    fileprivate var slot: Int? {
        if case .keep(let slot) = self { slot } else { nil }
    }

    fileprivate var error: PostgresError? {
        if case .fail(let error) = self { error } else { nil }
    }
}

@Suite struct StatementCacheTests {
    private func key(_ text: String, _ types: [TypeID] = []) -> StatementKey { StatementKey(text: text, types: types) }

    @Test func `A statement is prepared once, and once for each list of parameter types`() {
        var cache = StatementCache(capacity: 10)
        let first = cache.use(key("a", [.int4]))
        #expect(first.isNew)
        #expect(cache.use(key("a", [.int4])) == StatementCache.Use(name: first.name, isNew: false))
        #expect(cache.use(key("a", [.int8])).isNew)
    }

    @Test func `The least recently used makes room and is deallocated once`() {
        var cache = StatementCache(capacity: 2)
        _ = cache.use(key("a"))
        let b = cache.use(key("b"))
        _ = cache.use(key("a"))
        _ = cache.use(key("c"))
        #expect(cache.takeDiscarded() == [b.name])
        #expect(cache.takeDiscarded() == [])
        #expect(!cache.use(key("a")).isNew)
        #expect(cache.use(key("b")).isNew)
    }

    @Test func `A forgotten statement gets a new name`() {
        var cache = StatementCache(capacity: 2)
        let first = cache.use(key("a"))
        cache.forget(key("a"))
        let second = cache.use(key("a"))
        #expect(second.isNew && second.name != first.name)
        #expect(cache.takeDiscarded() == [])
        cache.discard(key("a"))
        #expect(cache.takeDiscarded() == [second.name])
    }
}
