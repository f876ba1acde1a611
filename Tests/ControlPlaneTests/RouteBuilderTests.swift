import Foundation
import Routing
import Testing

@testable import ControlPlane
@testable import Resources
@testable import Store

@Suite struct RouteBuilderTests {
    private func builder(domain: String? = nil) -> RouteBuilder {
        RouteBuilder(
            address: ScoringAddress(scheme: "https", authority: "localhost:8000", domain: domain),
            tokenIssuer: "https://issuer")
    }

    private func endpoint(
        mode: EndpointAuthMode = .key, traffic: [String: Int] = [:], mirrors: [String: Int] = [:],
        compute: String? = nil, tags: [String: String] = [:], deployments: [RoutedDeployment] = []
    ) -> RoutedEndpoint {
        RoutedEndpoint(
            id: UUID(), name: "House", location: "westeurope", tags: tags,
            properties: OnlineEndpointProperties(
                authMode: mode, traffic: traffic, mirrorTraffic: mirrors, compute: compute),
            keyDigests: ["a", "b"], deployments: deployments)
    }

    private func deployment(
        _ name: String, count: Int = 2, concurrency: Int = 3, replicas: Int = 1,
        scaling: ScaleSettings = ScaleSettings(scaleType: .default)
    ) -> RoutedDeployment {
        RoutedDeployment(
            name: name, instanceCount: count, scaleSettings: scaling,
            requestSettings: RequestSettings(
                requestTimeout: ISODuration(milliseconds: 7_000), maxConcurrentRequestsPerInstance: concurrency,
                maxQueueWait: ISODuration(milliseconds: 250)),
            replicas: (0..<replicas).map {
                RoutedReplica(
                    ReplicaKey(ReplicaID(), life: 1), ReplicaAddress("unix:/run/\($0)", scoringPath: "/invocations"))
            })
    }

    @Test(arguments: [
        (EndpointAuthMode.key, Authentication.Mode.key), (.amlToken, .token), (.aadToken, .identity),
    ])
    func `keys are given for keys only`(_ mode: EndpointAuthMode, _ expected: Authentication.Mode) {
        let route = builder().route(endpoint(mode: mode))
        #expect(route.authentication.mode == expected)
        #expect(route.authentication.keyDigests == (mode == .key ? ["a", "b"] : []))
        #expect(route.authentication.tokenIssuer == "https://issuer")
    }

    @Test(arguments: [
        ([:], []), (["blue": 100], ["blue 100"]), (["green": 10, "blue": 90], ["blue 90", "green 10"]),
        (["blue": 0, "green": 100], ["green 100"]), (["gone": 50, "blue": 50], ["blue 50"]),
    ])
    func `traffic goes to deployments that are there`(_ traffic: [String: Int], _ expected: [String]) {
        let route = builder().route(
            endpoint(traffic: traffic, deployments: [deployment("blue"), deployment("green")]))
        #expect(route.traffic.map { "\($0.deployment) \($0.percent)" } == expected)
    }

    @Test(arguments: [
        ([:], nil), (["green": 0], nil), (["gone": 10], nil), (["green": 10], ["green 10"]),
    ])
    func `copies go to deployments that are there`(_ mirrors: [String: Int], _ expected: [String]?) {
        let route = builder().route(
            endpoint(mirrors: mirrors, deployments: [deployment("blue"), deployment("green")]))
        #expect(route.mirrors?.map { "\($0.deployment) \($0.percent)" } == expected)
    }

    @Test(arguments: [
        ("*", ["*"]), ("https://a.example, http://localhost:3000", ["https://a.example", "http://localhost:3000"]),
        ("https://A.example", nil), ("a.example", nil), ("*, https://a.example", nil), ("", nil), ("https://a/b", nil),
    ])
    func `origins come from the endpoint's tag`(_ value: String, _ expected: [String]?) {
        #expect(builder().route(endpoint(tags: ["sluice.cors.origins": value])).allowedOrigins == expected)
        #expect(builder().route(endpoint(tags: ["other": value])).allowedOrigins == nil)
    }

    @Test func `a host name is served where a domain is set`() {
        #expect(builder().route(endpoint()).hosts.isEmpty)
        #expect(builder(domain: "inference.local").route(endpoint()).hosts == ["house.westeurope.inference.local"])
        let address = ScoringAddress(scheme: "https", authority: "localhost:8000", domain: "inference.local")
        #expect(address.base(endpoint: "House", location: "westeurope") == "https://house.westeurope.inference.local")
        #expect(
            ScoringAddress(scheme: "http", authority: "localhost:8000", domain: nil).base(
                endpoint: "House", location: "x")
                == "http://localhost:8000/api/v1/endpoint/House")
    }

    @Test func `the wait of a managed deployment is its request timeout, a Kubernetes one's its own`() throws {
        let managed = builder().route(endpoint(deployments: [deployment("blue")]))
        #expect(managed.kind == .managed)
        #expect(try #require(managed.deployments.first).maxQueueWaitMs == 7_000)
        let attached = builder().route(endpoint(compute: "/x", deployments: [deployment("blue")]))
        #expect(attached.kind == .kubernetes)
        #expect(try #require(attached.deployments.first).maxQueueWaitMs == 250)
    }

    @Test(arguments: [(2, 3, 6), (1, 1, 1), (0, 4, 4)])
    func `as many requests wait as are served`(_ count: Int, _ concurrency: Int, _ limit: Int) throws {
        let route = builder().route(
            endpoint(deployments: [deployment("blue", count: count, concurrency: concurrency, replicas: 0)]))
        let made = try #require(route.deployments.first)
        #expect(made.queueLimit == limit)
        #expect(made.scoringPath == "/score")
        #expect(made.replicas.isEmpty)
    }

    @Test func `replicas are given with their addresses and the model server's path`() throws {
        let made = try #require(
            builder().route(endpoint(deployments: [deployment("blue", replicas: 2)])).deployments.first)
        #expect(made.replicas.map(\.address) == ["unix:/run/0", "unix:/run/1"])
        #expect(made.scoringPath == "/invocations")
        #expect(made.requestTimeoutMs == 7_000)
    }
}
