import Identity
import Routing

/// A routing table in the form that the loops use: immutable, shared by all of them, freed when the last lets go.
package final class CompiledTable: Sendable {
    package let generation: Int64
    package let routes: [CompiledRoute]
    let verifier: TokenVerifier?
    /// Changes whenever ``verifier`` does.
    let verifierVersion: Int
    /// All hosts with routers for this table; at most one if slots are not leased.
    let routerHosts: [RouterHost]
    private let endpoints: NameIndex
    private let hosts: NameIndex

    package static let empty = CompiledTable()

    private init() {
        generation = 0
        routes = []
        verifier = nil
        verifierVersion = 0
        routerHosts = []
        endpoints = NameIndex(capacity: 0, seed: 0)
        hosts = NameIndex(capacity: 0, seed: 0)
    }

    /// - Throws: ``CompileFault`` if two routes have the same endpoint name or host.
    init(
        generation: Int64, routes: [CompiledRoute], verifier: TokenVerifier?, verifierVersion: Int,
        hosts routerHosts: [RouterHost] = []
    ) throws(CompileFault) {
        (self.generation, self.routes, self.verifier) = (generation, routes, verifier)
        (self.verifierVersion, self.routerHosts) = (verifierVersion, routerHosts)
        let seed = UInt64.random(in: .min ... .max)
        var endpoints = NameIndex(capacity: routes.count, seed: seed)
        var hosts = NameIndex(capacity: routes.reduce(0) { $0 + $1.hosts.count }, seed: seed)
        for (index, route) in routes.enumerated() {
            guard endpoints.insert(route.endpoint, value: index) else {
                throw CompileFault("two routes are named \(route.endpoint)")
            }
            for host in route.hosts {
                guard hosts.insert(host, value: index) else { throw CompileFault("two routes have the host \(host)") }
            }
        }
        (self.endpoints, self.hosts) = (endpoints, hosts)
    }

    func route(endpoint name: Bytes) -> CompiledRoute? {
        endpoints.find(name).map { routes[$0] }
    }

    func route(host name: Bytes) -> CompiledRoute? {
        hosts.find(name).map { routes[$0] }
    }

    /// The deployment with that state, `nil` if the table no longer has it.
    func deployment(of state: DeploymentState) -> CompiledDeployment? {
        state.endpointBytes.withBytes { route(endpoint: $0) }?.deployments.first { $0.state === state }
    }
}
