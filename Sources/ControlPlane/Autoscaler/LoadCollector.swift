import Postgres
import Resources
import Routing
import Store

/// A deployment by the names that routers know it by, without regard to case.
package struct DeploymentKey: Hashable, Sendable {
    let endpoint: String
    let deployment: String

    package init(_ endpoint: String, _ deployment: String) {
        self.endpoint = endpoint.lowercased()
        self.deployment = deployment.lowercased()
    }
}

/// Load of one deployment between two looks, over all routers.
package struct ObservedLoad: Sendable, Equatable {
    /// Requests inside replicas and requests that wait, meant over the time.
    package var busy = 0.0
    package var queued = 0.0
    /// Requests that arrived, per second.
    package var arrivalsPerSecond = 0.0
    package var arrivals: Int64 = 0
    package var answers: Int64 = 0
    package var busyMicroseconds: Int64 = 0
    package var queuedMicroseconds: Int64 = 0

    package init() {}
}

/// What one look at all routers has shown.
package struct ObservedLoads: Sendable {
    /// Deployments that are not here had no request.
    package var loads: [DeploymentKey: ObservedLoad] = [:]
    /// Whether every router that is part of the fleet told its load since the look before.
    package var isComplete = true

    package init() {}
}

/// Asks all routers for their load, and tells what happened between two looks.
actor LoadCollector {
    private struct Router {
        var at: Int64
        var counters: [DeploymentKey: DeploymentLoad]
    }

    private let database: Database
    private let control: RouterControlClient
    /// The last report of each router, by its control address and its id: a new router there starts anew.
    private var known: [String: (id: String, last: Router)] = [:]
    private var addresses: [String] = []
    private var listedAt: ContinuousClock.Instant?
    private var wholeAt: ContinuousClock.Instant?

    /// A router that does not answer within it is left out of the look.
    private static let answerDeadline = Duration.milliseconds(400)
    private static let listInterval = Duration.seconds(1)
    /// How often routers tell of all their deployments, so that those that are gone are forgotten.
    private static let wholeInterval = Duration.seconds(60)

    init(database: Database, control: RouterControlClient) {
        (self.database, self.control) = (database, control)
    }

    func look() async -> ObservedLoads {
        await listRouters()
        let now = ContinuousClock.now
        let isWhole = wholeAt.map { now - $0 >= Self.wholeInterval } ?? true
        if isWhole { wholeAt = now }
        let asked = addresses.map { (address: $0, after: isWhole ? 0 : known[$0]?.last.at ?? 0) }
        let reports = await withTaskGroup(of: (String, LoadReport?).self) { group in
            for (address, after) in asked {
                group.addTask { [control] in
                    // A router that does not answer makes the look incomplete.
                    let report = try? await control.load(of: address, after: after, timeout: Self.answerDeadline)
                    return (address, report)
                }
            }
            var reports: [String: LoadReport] = [:]
            for await (address, report) in group { reports[address] = report }
            return reports
        }
        var observed = ObservedLoads()
        for address in addresses {
            guard let report = reports[address] else {
                observed.isComplete = false
                continue
            }
            take(report, from: address, isWhole: isWhole, into: &observed)
        }
        return observed
    }

    /// Routers come and go seldom; when the database can't be asked, those that were known go on.
    private func listRouters() async {
        let now = ContinuousClock.now
        if let listedAt, now - listedAt < Self.listInterval { return }
        guard let routers = try? await RouterStore(database).list() else { return }
        listedAt = now
        addresses = routers.filter { $0.state == .live }.map(\.controlAddress)
        known = known.filter { addresses.contains($0.key) }
    }

    private func take(
        _ report: LoadReport, from address: String, isWhole: Bool, into observed: inout ObservedLoads
    ) {
        let before = known[address].flatMap { $0.id == report.routerID ? $0.last : nil }
        var counters = isWhole ? [:] : before?.counters ?? [:]
        for load in report.deployments {
            let key = DeploymentKey(load.endpoint, load.deployment)
            if let before {
                observed.loads[key, default: ObservedLoad()].add(
                    load, since: before.counters[key], microseconds: report.at - before.at)
            }
            counters[key] = load
        }
        if before == nil { observed.isComplete = false }
        known[address] = (report.routerID, Router(at: report.at, counters: counters))
    }
}

extension ObservedLoad {
    /// Adds what a router had since its report before; `nil` if the deployment had no request then.
    mutating func add(_ load: DeploymentLoad, since before: DeploymentLoad?, microseconds: Int64) {
        guard microseconds > 0 else { return }
        // A deployment that was made anew under the same name counts from nought.
        let before = before.flatMap { $0.arrivals <= load.arrivals ? $0 : nil }
        let busy = max(0, load.busyMicroseconds - (before?.busyMicroseconds ?? 0))
        let queued = max(0, load.queuedMicroseconds - (before?.queuedMicroseconds ?? 0))
        let arrived = max(0, load.arrivals - (before?.arrivals ?? 0))
        self.busy += Double(busy) / Double(microseconds)
        self.queued += Double(queued) / Double(microseconds)
        arrivalsPerSecond += Double(arrived) * 1_000_000 / Double(microseconds)
        arrivals += arrived
        answers += max(0, load.answers - (before?.answers ?? 0))
        busyMicroseconds += busy
        queuedMicroseconds += queued
    }
}
