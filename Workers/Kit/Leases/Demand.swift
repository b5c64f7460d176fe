package import Contracts
package import Runtime

/// Commands of one batch with the same wishes: they are served by one statement.
package struct Demand: Sendable {
    /// What an address must have.
    package struct Wishes: Hashable, Sendable {
        /// Whose it is.
        package var tenant: String
        /// Whom its server is from.
        package var provider: String?
        /// How many cores its server has at least.
        package var minCores: Int
        /// How much memory its server has at least, in MiB.
        package var minRamMb: Int
        /// The network that it is in (CIDR).
        package var prefix: String?

        /// Any address of a tenant, unless it says more.
        package init(
            tenant: String, provider: String? = nil, minCores: Int = 0, minRamMb: Int = 0, prefix: String? = nil
        ) {
            (self.tenant, self.provider, self.prefix) = (tenant, provider, prefix)
            (self.minCores, self.minRamMb) = (minCores, minRamMb)
        }
    }

    /// What they have in common.
    package let wishes: Wishes
    /// The leases to be, in the order of the commands.
    package private(set) var ids: [UniqueID] = []
    /// Who asks for each.
    package private(set) var holders: [String] = []
    /// For how many seconds.
    package private(set) var seconds: [Int] = []

    /// Groups `jobs` by their wishes, the most demanding first: who takes anything shall not take the only address
    /// that another can use. The order does not depend on that of the jobs.
    package static func grouping(_ jobs: [Job<LeaseIP>], at time: Timestamp) -> [Demand] {
        var places: [Wishes: Int] = [:]
        var demands: [Demand] = []
        for job in jobs {
            let wishes = Wishes(job)
            let place = places[wishes] ?? demands.count
            if place == demands.count {
                places[wishes] = place
                demands.append(Demand(wishes: wishes))
            }
            demands[place].ids.append(leaseID(of: job, at: time))
            demands[place].holders.append(job.command.holder)
            demands[place].seconds.append(job.command.ttlSeconds)
        }
        return demands.count == 1 ? demands : demands.sorted { $0.wishes.isServedBefore($1.wishes) }
    }

    /// The id of the lease that `job` gets.
    package static func leaseID(of job: Job<LeaseIP>, at time: Timestamp) -> UniqueID { .v7(at: time, of: job.key) }

    /// What of this demand is not among `lent`; nil when nothing is left.
    package func remaining(without lent: [UniqueID: LentAddress]) -> Demand? {
        var rest = Demand(wishes: wishes)
        for (place, id) in ids.enumerated() where lent[id] == nil {
            rest.ids.append(id)
            rest.holders.append(holders[place])
            rest.seconds.append(seconds[place])
        }
        return rest.ids.isEmpty ? nil : rest
    }

    /// One lease for a holder of `wishes.tenant`.
    package init(_ wishes: Wishes, id: UniqueID, holder: String, seconds: Int) {
        self.init(wishes: wishes)
        (ids, holders, self.seconds) = ([id], [holder], [seconds])
    }

    private init(wishes: Wishes) { self.wishes = wishes }
}

extension Demand.Wishes {
    init(_ job: Job<LeaseIP>) {
        self.init(
            tenant: job.tenant, provider: job.command.provider, minCores: job.command.minCores ?? 0,
            minRamMb: job.command.minRamMb ?? 0, prefix: job.command.prefix)
    }

    /// More wishes first, then the greater ones; the rest only makes the order total.
    func isServedBefore(_ other: Self) -> Bool {
        let mine = (count, minRamMb, minCores), theirs = (other.count, other.minRamMb, other.minCores)
        guard mine == theirs else { return mine > theirs }
        return (tenant, provider ?? "", prefix ?? "") < (other.tenant, other.provider ?? "", other.prefix ?? "")
    }

    private var count: Int {
        (provider == nil ? 0 : 1) + (minCores > 0 ? 1 : 0) + (minRamMb > 0 ? 1 : 0) + (prefix == nil ? 0 : 1)
    }
}
