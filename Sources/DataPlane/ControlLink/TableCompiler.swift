package import Foundation
import Glibc
import Identity
import Routing

/// Turns pushed tables into compiled ones, compiling only the lines that changed.
///
/// Deployments and replicas keep their state over any number of tables: a deployment as long as its endpoint and name
/// stay, a replica as long as its id and address stay.
package struct TableCompiler {
    /// A compiled table, with the replicas that it no longer names.
    package struct Output {
        package let table: CompiledTable
        package let retired: [ReplicaState]
        /// Routes that were compiled and not taken over.
        package let compiledCount: Int
    }

    private struct DeploymentKey: Hashable {
        var endpointID: String
        var endpoint: String
        var deployment: String
    }

    private struct ReplicaKey: Hashable {
        var id: String
        var address: String
    }

    /// The table that was compiled last.
    private var generation: Int64 = 0
    private var setDigest = LineSetDigest()
    private let slots: SlotHost
    private var loopCount: Int { slots.members.count }
    private var routes: [Digest: CompiledRoute] = [:]
    private var deployments: [DeploymentKey: DeploymentState] = [:]
    private var replicas: [ReplicaKey: ReplicaState] = [:]
    private var tokenKeys: [RoutingTable.TokenKey] = []
    private var verifier: TokenVerifier?
    private var verifierVersion = 0
    /// This host among those that a table names.
    private let hostID: String?
    private var hosts: [RouterHost] = []
    /// Replicas are asked by other hosts, too, so their slots are to be leased.
    private var isLeased: Bool { hosts.count > 1 }

    init(slots: SlotHost, hostID: String? = nil) {
        (self.slots, self.hostID) = (slots, hostID)
    }

    /// Compiles a table; on an error everything stays as it was.
    package mutating func compile(_ lines: Data) throws -> Output {
        try wholly { next in try next.compileInPlace(lines) }
    }

    private mutating func wholly(_ change: (inout Self) throws -> Output) throws -> Output {
        var next = self
        let output = try change(&next)
        self = next
        return output
    }

    private mutating func compileInPlace(_ lines: Data) throws -> Output {
        let (header, routeLines) = try Self.split(lines)
        try takeKeys(header.tokenKeys)
        let wasLeased = isLeased
        try takeHosts(header.hosts ?? [])
        var kept: [Digest: CompiledRoute] = [:]
        kept.reserveCapacity(routeLines.count)
        var ordered: [CompiledRoute] = []
        ordered.reserveCapacity(routeLines.count)
        var fresh: [CompiledRoute] = []
        for (index, range) in routeLines.enumerated() {
            let digest = Digest(of: lines, range)
            let route: CompiledRoute
            // When leases begin or end, every replica has to be told.
            if let known = routes[digest], isLeased == wasLeased {
                route = known
            } else {
                route = try compileLine(lines, range, number: index + 2)
                fresh.append(route)
            }
            kept[digest] = route
            ordered.append(route)
        }
        guard kept.count == ordered.count else { throw CompileFault("two lines of the table are the same") }
        let dropped = routes.filter { kept[$0.key] !== $0.value }.map(\.value)
        let table = try CompiledTable(
            generation: header.generation, routes: ordered, verifier: verifier, verifierVersion: verifierVersion,
            hosts: hosts)
        routes = kept
        generation = header.generation
        setDigest = LineSetDigest()
        for digest in kept.keys { setDigest.add(digest.bytes) }
        return Output(table: table, retired: retire(dropped, keeping: fresh), compiledCount: fresh.count)
    }

    /// Compiles the table that changes (``TableChanges``) make of the last one; on an error everything stays as it was.
    ///
    /// - Throws: ``UnfitChanges`` where they do not lead from the last table to the one that they announce.
    package mutating func compile(changes lines: Data) throws -> Output {
        try wholly { next in try next.changeInPlace(lines) }
    }

    private mutating func changeInPlace(_ lines: Data) throws -> Output {
        let (header, added) = try Self.splitChanges(lines)
        guard header.base == generation else { throw UnfitChanges("the router serves generation \(generation)") }
        guard header.table.generation > generation else { throw UnfitChanges("the generation does not grow") }
        // With other hosts, slots are leased otherwise, and every replica has to be told.
        guard header.table.hosts ?? [] == hosts else { throw UnfitChanges("the hosts are others") }
        try takeKeys(header.table.tokenKeys)
        var dropped: [CompiledRoute] = []
        for text in header.removed {
            guard let digest = Digest(hexadecimal: text), let route = routes.removeValue(forKey: digest) else {
                throw UnfitChanges("a line that goes is not there")
            }
            setDigest.remove(digest.bytes)
            dropped.append(route)
        }
        var fresh: [CompiledRoute] = []
        for (index, range) in added.enumerated() {
            let digest = Digest(of: lines, range)
            guard routes[digest] == nil else { throw UnfitChanges("a line that comes is there already") }
            let route = try compileLine(lines, range, number: index + 2)
            routes[digest] = route
            setDigest.add(digest.bytes)
            fresh.append(route)
        }
        guard routes.count == header.table.routeCount, setDigest.hexadecimal == header.setDigest else {
            throw UnfitChanges("they do not make the table that they announce")
        }
        generation = header.table.generation
        let table = try CompiledTable(
            generation: generation, routes: Array(routes.values), verifier: verifier, verifierVersion: verifierVersion,
            hosts: hosts)
        return Output(table: table, retired: retire(dropped, keeping: fresh), compiledCount: fresh.count)
    }

    private mutating func takeKeys(_ keys: [RoutingTable.TokenKey]) throws {
        guard keys != tokenKeys else { return }
        verifier =
            keys.isEmpty
            ? nil : TokenVerifier(keys: keys.map { VerificationKey(keyID: $0.keyID, publicKeyPEM: $0.publicKeyPEM) })
        tokenKeys = keys
        verifierVersion += 1
    }

    private mutating func takeHosts(_ named: [RouterHost]) throws {
        guard Set(named.map(\.id)).count == named.count else { throw CompileFault("two hosts have the same id") }
        guard named.count < 2 || named.contains(where: { $0.id == hostID }) else {
            throw CompileFault("the table is for several hosts, and this router's host.id is none of them")
        }
        guard named.allSatisfy({ SocketAddress($0.address) != nil }) else {
            throw CompileFault("the address of a host is no address")
        }
        hosts = named
    }

    private mutating func compileLine(_ lines: Data, _ range: Range<Int>, number: Int) throws -> CompiledRoute {
        let start = lines.startIndex
        let line = lines.subdata(in: start + range.lowerBound..<start + range.upperBound)
        let route = try RoutingTable.decodeRoute(line, number: number)
        do {
            return try CompiledRoute(
                route,
                deployment: { (description) throws(CompileFault) in
                    try deployment(
                        DeploymentKey(
                            endpointID: route.endpointID, endpoint: route.endpoint, deployment: description.name))
                },
                replica: { (description, deployment) throws(CompileFault) in try replica(description, of: deployment) })
        } catch {
            throw RoutingTableError.malformedLine(number: number, reason: error.description)
        }
    }

    private mutating func deployment(_ key: DeploymentKey) throws(CompileFault) -> DeploymentState {
        if let known = deployments[key] { return known }
        let name = SlotName(key.endpointID, key.endpoint, key.deployment)
        let state = DeploymentState(
            endpoint: key.endpoint, deployment: key.deployment,
            slots: try Self.given { () throws(SlotsExhausted) in try slots.deployment(name) }, loopCount: loopCount)
        deployments[key] = state
        return state
    }

    private static func given<Entry>(_ make: () throws(SlotsExhausted) -> Entry) throws(CompileFault) -> Entry {
        do throws(SlotsExhausted) { return try make() } catch { throw CompileFault(error.description) }
    }

    private mutating func replica(
        _ route: ReplicaRoute, of deployment: DeploymentRoute
    ) throws(CompileFault) -> ReplicaState {
        let key = ReplicaKey(id: route.id, address: route.address)
        let limit = deployment.maxConcurrentRequestsPerReplica
        let timeoutMs = deployment.requestTimeoutMs
        if let known = replicas[key] {
            try Self.given { () throws(SlotsExhausted) in
                try slots.adjust(known.slots, limit: limit, timeoutMs: timeoutMs, isLeased: isLeased)
            }
            return known
        }
        guard let address = SocketAddress(route.address) else {
            throw CompileFault("replica \(route.id): \(route.address) is not an address")
        }
        let entry = try Self.given { () throws(SlotsExhausted) in
            try slots.replica(
                SlotName(route.id, route.address), address: address, limit: limit, timeoutMs: timeoutMs,
                isLeased: isLeased)
        }
        let state = ReplicaState(
            id: route.id, addressText: route.address, address: address, slots: entry, loopCount: loopCount)
        replicas[key] = state
        return state
    }

    /// Forgets what only dropped routes named; returns the replicas among it.
    private mutating func retire(_ dropped: [CompiledRoute], keeping fresh: [CompiledRoute]) -> [ReplicaState] {
        guard !dropped.isEmpty else { return [] }
        let liveDeployments = Set(fresh.flatMap(\.deployments).map { ObjectIdentifier($0.state) })
        let liveReplicas = Set(fresh.flatMap(\.deployments).flatMap(\.replicas).map { ObjectIdentifier($0) })
        var retired: [ReplicaState] = []
        for route in dropped {
            for deployment in route.deployments {
                if !liveDeployments.contains(ObjectIdentifier(deployment.state)) {
                    deployments[
                        DeploymentKey(
                            endpointID: route.endpointID, endpoint: route.endpoint, deployment: deployment.name)] = nil
                }
                for replica in deployment.replicas where !liveReplicas.contains(ObjectIdentifier(replica)) {
                    replicas[ReplicaKey(id: replica.id, address: replica.addressText)] = nil
                    retired.append(replica)
                }
            }
        }
        return retired
    }

    /// The header and where the route lines stand, without copying them: most are known already.
    private static func split(_ lines: Data) throws -> (header: RoutingTable.Header, routeLines: [Range<Int>]) {
        let (header, ranges) = try split(lines, RoutingTable.Header.self)
        try check(header, lineCount: header.routeCount, found: ranges.count)
        return (header, ranges)
    }

    private static func splitChanges(_ lines: Data) throws -> (header: TableChanges.Header, added: [Range<Int>]) {
        let (header, ranges) = try split(lines, TableChanges.Header.self)
        try check(header.table, lineCount: header.addedCount, found: ranges.count)
        return (header, ranges)
    }

    private static func split<Header: Decodable>(
        _ lines: Data, _ type: Header.Type
    ) throws -> (header: Header, lines: [Range<Int>]) {
        var ranges = lines.lineRanges
        guard let first = ranges.first else { throw RoutingTableError.empty }
        ranges.removeFirst()
        do {
            let header = try JSONDecoder().decode(
                type, from: lines.subdata(in: lines.startIndex + first.lowerBound..<lines.startIndex + first.upperBound)
            )
            return (header, ranges)
        } catch {
            throw RoutingTableError.malformedLine(number: 1, reason: "\(error)")
        }
    }

    private static func check(_ header: RoutingTable.Header, lineCount: Int, found: Int) throws(RoutingTableError) {
        guard header.format == RoutingTable.currentFormat else { throw .unknownFormat(header.format) }
        guard lineCount == found else { throw .wrongRouteCount(expected: lineCount, found: found) }
    }
}

/// Changes that can't be made to the table that a router serves.
package struct UnfitChanges: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
