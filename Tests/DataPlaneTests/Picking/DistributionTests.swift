import Foundation
import Routing
import Testing

@testable import DataPlane

/// One endpoint whose requests are split and copied as its table says, without sockets.
private struct Splitter {
    private var compiler: TableCompiler
    private var generation: Int64 = 0
    private var route: CompiledRoute?

    init(loops: Int) throws {
        compiler = TableCompiler(slots: try SlotHost(directory: nil, loopCount: loops))
    }

    /// Publishes a table with these percentages; `replica` makes another one of it that splits alike.
    mutating func use(_ traffic: [TrafficShare], mirrors: [TrafficShare] = [], replica: String = "unix:/a") throws {
        generation += 1
        let names = Set((traffic + mirrors).map(\.deployment)).sorted()
        let deployments = names.map { name in
            DeploymentRoute(
                name: name, scoringPath: "/score", requestTimeoutMs: 1_000, maxConcurrentRequestsPerReplica: 1,
                maxQueueWaitMs: 0, queueLimit: 0, replicas: [ReplicaRoute(id: name, address: replica)])
        }
        let route = Route(
            endpoint: "Fraud", endpointID: "fraud-id", hosts: [], kind: .managed,
            authentication: Authentication(mode: .token, keyDigests: [], tokenIssuer: "", tokenAudience: ""),
            traffic: traffic, mirrors: mirrors.isEmpty ? nil : mirrors, deployments: deployments)
        let header = RoutingTable.Header(generation: generation, routeCount: 1, tokenKeys: [])
        self.route = try compiler.compile(RoutingTable(header: header, routes: [route]).encodedLines()).table.routes[0]
    }

    /// The deployments that `count` requests in a row on a loop go to.
    func pick(_ count: Int, loop: Int) -> [String] {
        (0..<count).compactMap { _ in route?.pickDeployment(loop: loop)?.name }
    }

    /// The next request of a loop: who answers it, and who gets a copy, as ``Loop/beginMirrors`` decides.
    func ask(loop: Int) -> (live: String, copies: [String])? {
        guard let route, let live = route.pickDeployment(loop: loop) else { return nil }
        let copies = route.mirrors.filter { mirror in
            let deployment = route.deployments[mirror.deployment]
            return deployment !== live && deployment.state.loops[loop].isTurnToMirror(percent: mirror.percent)
        }
        return (live.name, copies.map { route.deployments[$0.deployment].name })
    }
}

private func shares(_ percentages: [Int]) -> [TrafficShare] {
    percentages.enumerated().map { TrafficShare(deployment: "d\($0)", percent: $1) }
}

/// What is wrong with the counts of a window of a hundred requests, over every such window.
private func splitComplaint(_ picked: [String], _ shares: [TrafficShare]) -> String? {
    guard picked.count >= 100 else { return "\(picked.count) requests were routed" }
    var counts: [String: Int] = [:]
    for (index, name) in picked.enumerated() {
        counts[name, default: 0] += 1
        if index >= 100 { counts[picked[index - 100], default: 0] -= 1 }
        guard index >= 99 else { continue }
        for share in shares where counts[share.deployment, default: 0] != share.percent {
            return "requests \(index - 99)...\(index): \(counts), shares \(shares.map(\.percent))"
        }
    }
    return nil
}

extension RandomSource {
    /// Percentages of `count` deployments, 0 among them, that sum to 100.
    fileprivate mutating func percentages(_ count: Int) -> [Int] {
        let cuts = [0] + (1..<count).map { _ in Int.random(in: 0...100, using: &self) }.sorted() + [100]
        return zip(cuts.dropFirst(), cuts).map(-)
    }
}

@Suite(.ownThread) struct TrafficDistributionTests {
    @Test(arguments: [
        [90, 10], [33, 33, 34], [1, 99], [0, 100], [50, 50], [100], [0, 0, 1, 99], [20, 20, 20, 20, 20],
    ])
    func `every hundred requests of every loop are split by the percentages, whatever the other loops do`(
        percentages: [Int]
    ) throws {
        var splitter = try Splitter(loops: 3)
        let shares = shares(percentages)
        try splitter.use(shares)
        var picked = [[String]](repeating: [], count: 3)
        // The loops take turns, unevenly.
        while picked[0].count < 300 {
            for loop in picked.indices { picked[loop] += splitter.pick(loop + 1, loop: loop) }
        }
        for each in picked { #expect(splitComplaint(each, shares) == nil) }
    }

    @Test(arguments: (0..<8).map { _ in UInt64.random(in: 0...(.max)) })
    func `random percentages hold at once, however often they change`(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        let loops = 3
        var splitter = try Splitter(loops: loops)
        for change in 0..<60 {
            let shares = shares(random.percentages(Int.random(in: 1...6, using: &random)))
            try splitter.use(shares)
            for loop in 0..<loops {
                let picked = splitter.pick(Int.random(in: 100...350, using: &random), loop: loop)
                let complaint = splitComplaint(picked, shares)
                #expect(complaint == nil, "seed \(seed), change \(change), loop \(loop)")
                if complaint != nil { return }
            }
        }
    }

    @Test(arguments: (0..<4).map { _ in UInt64.random(in: 0...(.max)) })
    func `a table that changes replicas and no percentage does not disturb the split`(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        var splitter = try Splitter(loops: 1)
        let shares = shares(random.percentages(4))
        var picked: [String] = []
        for table in 0..<100 {
            try splitter.use(shares, replica: "unix:/replica-\(table)")
            picked += splitter.pick(Int.random(in: 0...20, using: &random), loop: 0)
        }
        #expect(splitComplaint(picked, shares) == nil, "seed \(seed)")
    }

    @Test func `a deployment that was tried out and put back finds no rest of its former turns`() throws {
        var splitter = try Splitter(loops: 1)
        let splits = [["a": 90, "b": 10], ["a": 90, "c": 10]].map { split in
            split.sorted { $0.key < $1.key }.map { TrafficShare(deployment: $0.key, percent: $0.value) }
        }
        for round in 0..<40 {
            try splitter.use(splits[round % 2] + [TrafficShare(deployment: round % 2 == 0 ? "c" : "b", percent: 0)])
            #expect(splitComplaint(splitter.pick(100 + round, loop: 0), splits[round % 2]) == nil, "round \(round)")
        }
    }

    @Test func `loops begin at different places, so that together they keep the shares from the start`() throws {
        let loops = 60
        var splitter = try Splitter(loops: loops)
        try splitter.use(shares([50, 50]))
        let first = Set((0..<loops).flatMap { splitter.pick(1, loop: $0) })
        // One in 2^59 that all begin alike.
        #expect(first == ["d0", "d1"])
    }
}

@Suite(.ownThread) struct MirrorDistributionTests {
    /// What is wrong with the copies of any hundred requests in a row.
    private func complaint(_ isCopied: [Bool], percent: Int) -> String? {
        for start in 0...(isCopied.count - 100) {
            let count = isCopied[start..<start + 100].count { $0 }
            if count != percent { return "requests \(start)...\(start + 99): \(count) copies, \(percent) %" }
        }
        return nil
    }

    @Test(arguments: [[0], [1], [10], [50], [100], [1, 99], [10, 50, 100], [0, 100], [33, 33, 34]])
    func `of every hundred requests of every loop each mirror gets its own percentage`(percentages: [Int]) throws {
        var splitter = try Splitter(loops: 3)
        let mirrors = shares(percentages)
        try splitter.use([TrafficShare(deployment: "live", percent: 100)], mirrors: mirrors)
        for loop in 0..<3 {
            let asked = (0..<350).compactMap { _ in splitter.ask(loop: loop) }
            #expect(asked.count == 350 && asked.allSatisfy { $0.live == "live" })
            for mirror in mirrors {
                let isCopied = asked.map { $0.copies.contains(mirror.deployment) }
                #expect(complaint(isCopied, percent: mirror.percent) == nil, "\(mirror.deployment), loop \(loop)")
            }
        }
    }

    @Test(arguments: (0..<8).map { _ in UInt64.random(in: 0...(.max)) })
    func `random percentages hold at once, and leave the split alone`(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        var splitter = try Splitter(loops: 2)
        for change in 0..<40 {
            // Mirrors are deployments of their own, or also have a share: then they get copies of the others' requests.
            let split = shares(random.percentages(3))
            let mirrors = (2...4).map {
                TrafficShare(deployment: "d\($0)", percent: Int.random(in: 0...100, using: &random))
            }
            try splitter.use(split, mirrors: mirrors)
            for loop in 0..<2 {
                let place = "seed \(seed), change \(change), loop \(loop)"
                let asked = (0..<400).compactMap { _ in splitter.ask(loop: loop) }
                #expect(splitComplaint(asked.map(\.live), split) == nil, "\(place)")
                for mirror in mirrors {
                    let others = asked.filter { $0.live != mirror.deployment }
                    guard others.count >= 100 else { continue }
                    let isCopied = others.map { $0.copies.contains(mirror.deployment) }
                    #expect(complaint(isCopied, percent: mirror.percent) == nil, "\(mirror.deployment), \(place)")
                }
            }
        }
    }
}
