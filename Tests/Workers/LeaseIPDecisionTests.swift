import Contracts
@testable import LeaseIPWorker
@testable import Leases
import Runtime
import Testing

/// What is decided about a lease once its row is locked, without a database.
struct LeaseIPDecisionTests {
    private static let id = UniqueID(high: 1, low: 2)
    private static let now = Timestamp(microseconds: 1_000_000_000)

    private static func lease(_ change: (inout HeldLease) -> Void = { _ in }) -> [UniqueID: HeldLease] {
        var lease = HeldLease(
            id: id, tenant: "t", holder: "a", fence: 7, ip: "192.0.2.1", expiresAt: now + .seconds(60), isEnded: false,
            readAt: now)
        change(&lease)
        return [id: lease]
    }

    private static func job<C: Command>(_ command: C, id: String = "m", tenant: String = "t") -> Job<C> {
        Job(key: .zero, id: id, tenant: tenant, attempt: 1, command: command)
    }

    private static func reason<T>(_ ending: JobEnding<T>) -> String {
        if case .failure(let rejection) = ending { rejection.reason.reason } else { "" }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var lease = id
        var tenant = "t"
        var holder = "a"
        var fence: Int?
        var isEnded = false
        let reason: String
        var testDescription: String { "\(holder) of \(tenant), fence \(fence ?? -1), ended \(isEnded): \(reason)" }
    }

    @Test(arguments: [
        Case(reason: ""),
        Case(fence: 7, reason: ""),
        Case(lease: UniqueID(high: 9, low: 9), reason: "lease-unknown"),
        Case(tenant: "other", reason: "lease-unknown"),
        Case(holder: "b", reason: "not-holder"),
        Case(fence: 6, reason: "stale-fence"),
        Case(fence: 8, reason: "stale-fence"),
        Case(isEnded: true, reason: "lease-ended"),
        Case(holder: "b", isEnded: true, reason: "not-holder"),
    ])
    func renewalAndReleaseAreForTheHolderOfAHeldLease(example: Case) {
        var leases = Self.lease { $0.isEnded = example.isEnded }
        var moved: [UniqueID: UniqueID] = [:]
        let renewal = RenewLease(leaseId: example.lease, holder: example.holder, ttlSeconds: 600, fence: example.fence)
        let renewed = RenewLeaseWorker.decide(Self.job(renewal, tenant: example.tenant), &leases, &moved)
        #expect(Self.reason(renewed) == example.reason)
        #expect(moved.isEmpty == !example.reason.isEmpty)

        var ended: [HeldLease] = []
        let release = ReleaseIP(leaseId: example.lease, holder: example.holder, fence: example.fence)
        let released = ReleaseIPWorker().decide(Self.job(release, tenant: example.tenant), &leases, &ended)
        #expect(Self.reason(released) == example.reason)
        #expect(ended.isEmpty == !example.reason.isEmpty)
    }

    @Test(arguments: [[600, 30, 900], [900, 600, 30], [30, 900, 600]])
    func renewalsOfOneBatchEndAlikeInAnyOrder(seconds: [Int]) {
        var leases = Self.lease()
        var moved: [UniqueID: UniqueID] = [:]
        for ttl in seconds {
            let ending = RenewLeaseWorker.decide(
                Self.job(RenewLease(leaseId: Self.id, holder: "a", ttlSeconds: ttl)), &leases, &moved)
            #expect(Self.reason(ending) == "")
        }
        #expect(leases[Self.id]?.expiresAt == Self.now + .seconds(900))
    }

    @Test func theSecondReleaseOfABatchIsRefused() {
        var leases = Self.lease()
        var ended: [HeldLease] = []
        let job = Self.job(ReleaseIP(leaseId: Self.id, holder: "a"))
        let worker = ReleaseIPWorker(quarantine: .seconds(5))
        let endings = [worker.decide(job, &leases, &ended), worker.decide(job, &leases, &ended)]
        #expect(endings.map(Self.reason) == ["", "lease-ended"])
        #expect(ended.count == 1)
        #expect(try! endings[0].get().quarantinedUntil == Self.now + .seconds(5))
    }

    struct Expiring: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var left: Duration = .zero
        var fence = 7
        var isEnded = false
        var isItsOwnMessage = true
        /// Whether it ends the lease; nil when it comes again later.
        let expired: Bool?
    }

    @Test(arguments: [
        Expiring(testDescription: "the time is over", expired: true),
        Expiring(testDescription: "long over", left: .seconds(-60), isItsOwnMessage: false, expired: true),
        Expiring(testDescription: "renewed", left: .seconds(60), isItsOwnMessage: false, expired: false),
        Expiring(testDescription: "its own message comes early", left: .microseconds(1), expired: nil),
        Expiring(testDescription: "another fence", fence: 6, expired: false),
        Expiring(testDescription: "released before", isEnded: true, expired: false),
    ])
    func anExpiryActsOnlyWhenEverythingMatches(example: Expiring) {
        let expiry = Self.now + example.left
        var leases = Self.lease {
            $0.expiresAt = expiry
            $0.isEnded = example.isEnded
        }
        var ended: [HeldLease] = []
        let name = Expiry.name(of: Self.id, at: expiry)
        let id = example.isItsOwnMessage ? "\(name):0123456789abcdef" : name
        let ending = ExpireLeaseWorker(quarantine: .seconds(5)).decide(
            Self.job(ExpireLease(leaseId: Self.id, fence: example.fence), id: id), &leases, &ended)
        switch ending {
        case .success(let completion):
            #expect(completion.expired == example.expired)
            #expect(completion.quarantinedUntil == (completion.expired ? Self.now + .seconds(5) : nil))
        case .failure(let rejection):
            #expect(example.expired == nil)
            #expect(rejection.consequence == .postpone)
            #expect(rejection.until == expiry)
        }
        #expect(ended.count == (example.expired == true ? 1 : 0))
    }

    @Test func anUnknownLeaseCannotExpire() {
        var leases: [UniqueID: HeldLease] = [:]
        var ended: [HeldLease] = []
        let ending = ExpireLeaseWorker().decide(
            Self.job(ExpireLease(leaseId: Self.id, fence: 7)), &leases, &ended)
        #expect(Self.reason(ending) == "lease-unknown")
    }

    @Test func demandsAreGroupedAndTheOrderOfTheJobsDoesNotMatter() {
        let wishes = [
            LeaseIP(holder: "a"), LeaseIP(holder: "b", minCores: 2), LeaseIP(holder: "c"),
            LeaseIP(holder: "d", minCores: 8), LeaseIP(holder: "e", provider: "p", minCores: 1),
        ]
        let jobs = wishes.enumerated().map { place, command in
            Job(key: UniqueID(high: UInt64(place) << 60, low: 0), id: "", tenant: "t", attempt: 1, command: command)
        }
        let expected = [["e"], ["d"], ["b"], ["a", "c"]]
        #expect(Demand.grouping(jobs, at: Self.now).map(\.holders) == expected)
        #expect(Demand.grouping(jobs.reversed(), at: Self.now).map { $0.holders.sorted() } == expected)
    }

    @Test func aLeaseHasAnIDOfItsJob() {
        let key = UniqueID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max))
        let job = Job(key: key, id: "", tenant: "t", attempt: 1, command: LeaseIP(holder: "a"))
        #expect(Demand.leaseID(of: job, at: Self.now) == .v7(at: Self.now, of: key))
    }
}
