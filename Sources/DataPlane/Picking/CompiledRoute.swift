package import Routing

/// A route in the form that the loops use; made once per line of the table that changed, and then only read.
package final class CompiledRoute: Sendable {
    package let endpoint: String
    package let endpointID: String
    package let hosts: [String]
    package let kind: EndpointKind
    /// The keys that open the endpoint, `nil` if it takes tokens.
    package let keys: KeyRing?
    /// What a token has to be, where it takes tokens.
    let tokenDemand: TokenDemand
    package let deployments: [CompiledDeployment]
    /// Index into ``deployments`` and percentage, positive ones only.
    let shares: [(deployment: Int, percent: Int)]
    /// The same for copies of requests.
    let mirrors: [(deployment: Int, percent: Int)]
    /// Tells one split from another: who shares the traffic, and by which percentages; never 0.
    private let split: Int
    let allowedOrigins: AllowedOrigins?

    /// - Parameters:
    ///   - deployment: the state of the deployment with that route.
    ///   - replica: the state of a replica of that deployment.
    /// - Throws: ``CompileFault`` with the reason the route is refused.
    init(
        _ route: Route, deployment: (DeploymentRoute) throws(CompileFault) -> DeploymentState,
        replica: (ReplicaRoute, DeploymentRoute) throws(CompileFault) -> ReplicaState
    ) throws(CompileFault) {
        endpoint = route.endpoint
        endpointID = route.endpointID
        hosts = route.hosts
        kind = route.kind
        allowedOrigins = route.allowedOrigins.map { AllowedOrigins($0) }
        tokenDemand = TokenDemand(
            issuer: route.authentication.tokenIssuer, audience: route.authentication.tokenAudience,
            endpointID: route.endpointID, takesPrincipals: route.authentication.mode == .identity)
        switch route.authentication.mode {
        case .token, .identity: keys = nil
        case .key:
            guard let ring = KeyRing(hexadecimalDigests: route.authentication.keyDigests) else {
                throw CompileFault("endpoint \(route.endpoint): a key digest is not 64 hexadecimal digits")
            }
            keys = ring
        }
        var deployments: [CompiledDeployment] = []
        for description in route.deployments {
            var replicas: [ReplicaState] = []
            for each in description.replicas { replicas.append(try replica(each, description)) }
            deployments.append(
                try CompiledDeployment(
                    description, kind: route.kind, state: try deployment(description), replicas: replicas))
        }
        self.deployments = deployments
        shares = Self.resolve(route.traffic, deployments)
        split = Self.split(route.traffic)
        mirrors = Self.resolve(route.mirrors ?? [], deployments)
    }

    private static func resolve(
        _ shares: [TrafficShare], _ deployments: [CompiledDeployment]
    ) -> [(deployment: Int, percent: Int)] {
        shares.compactMap { share in
            guard share.percent > 0 else { return nil }
            return deployments.firstIndex { $0.name == share.deployment }.map { ($0, share.percent) }
        }
    }

    private static func split(_ shares: [TrafficShare]) -> Int {
        var hasher = Hasher()
        for share in shares where share.percent > 0 {
            hasher.combine(share.deployment)
            hasher.combine(share.percent)
        }
        return hasher.finalize() | 1
    }

    /// The deployment of that name, which is matched byte for byte.
    func deployment(named name: Bytes) -> CompiledDeployment? {
        for deployment in deployments where deployment.nameBytes.count == name.count {
            if name.elementsEqual(deployment.nameBytes) { return deployment }
        }
        return nil
    }

    /// The deployment whose turn it is on loop `loop`; `nil` if none has a positive share.
    func pickDeployment(loop: Int) -> CompiledDeployment? {
        if shares.count == 1 { return deployments[shares[0].deployment] }
        if shares.contains(where: { deployments[$0.deployment].state.loops[loop].split != split }) {
            beginAnywhere(loop: loop)
        }
        return nextDeployment(loop: loop)
    }

    /// Many loops that all began at the start of the cycle would give the first requests to the largest share only:
    /// each loop begins somewhere in it. What is left of another split would make the first hundred inexact.
    private func beginAnywhere(loop: Int) {
        for share in shares {
            deployments[share.deployment].state.loops[loop].split = split
            deployments[share.deployment].state.loops[loop].weight = 0
        }
        for _ in 0..<Int.random(in: 0..<100) { _ = nextDeployment(loop: loop) }
    }

    private func nextDeployment(loop: Int) -> CompiledDeployment? {
        let picked = SmoothWeighted.pick(
            count: shares.count,
            weight: { shares[$0].percent },
            running: { deployments[shares[$0].deployment].state.loops[loop].weight },
            setRunning: { deployments[shares[$0].deployment].state.loops[loop].weight = $1 })
        return picked.map { deployments[shares[$0].deployment] }
    }
}

/// A deployment in the form that the loops use.
package final class CompiledDeployment: Sendable {
    package let name: String
    let nameBytes: [UInt8]
    let kind: EndpointKind
    let scoringPath: [UInt8]
    /// The replicas speak HTTP/2 without TLS, as gRPC servers do.
    let speaksHTTP2: Bool
    private let otherPaths: [[UInt8]]?
    let requestTimeoutMs: Int
    let slotsPerReplica: Int
    let maxQueueWaitMs: Int
    let queueLimit: Int
    let state: DeploymentState
    let replicas: [ReplicaState]

    init(
        _ route: DeploymentRoute, kind: EndpointKind, state: DeploymentState, replicas: [ReplicaState]
    ) throws(CompileFault) {
        guard route.scoringPath.hasPrefix("/"), route.scoringPath.utf8.count <= 1024,
            route.scoringPath.utf8.allSatisfy(ByteClass.isVisible)
        else { throw CompileFault("deployment \(route.name): the scoring path is not a path") }
        guard !route.name.isEmpty, route.name.utf8.count <= 64, route.name.utf8.allSatisfy(ByteClass.isToken) else {
            throw CompileFault("deployment \(route.name): the name cannot stand in a header")
        }
        guard route.requestTimeoutMs > 0, route.maxConcurrentRequestsPerReplica > 0, route.maxQueueWaitMs >= 0,
            route.queueLimit >= 0
        else { throw CompileFault("deployment \(route.name): a limit is not positive") }
        name = route.name
        nameBytes = Array(route.name.utf8)
        self.kind = kind
        scoringPath = Array(route.scoringPath.utf8)
        speaksHTTP2 = route.replicaProtocol == .http2
        otherPaths = route.otherPaths.map { $0.map { Array($0.utf8) } }
        requestTimeoutMs = route.requestTimeoutMs
        slotsPerReplica = route.maxConcurrentRequestsPerReplica
        maxQueueWaitMs = route.maxQueueWaitMs
        queueLimit = route.queueLimit
        (self.state, self.replicas) = (state, replicas)
    }

    /// Whether the model server has the path of a target, which is what follows the endpoint's own part.
    func serves(_ rest: Bytes) -> Bool {
        guard let otherPaths else { return true }
        let end = rest.offset(of: UInt8(ascii: "?"), from: 0) ?? rest.count
        let path = rest.run(ByteRun(start: 0, count: end))
        if path.isEmpty { return otherPaths.contains([UInt8(ascii: "/")]) }
        return otherPaths.contains { path.elementsEqual($0) }
    }
}

/// Why a route cannot be served.
package struct CompileFault: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
