import Foundation
import Resources
import Routing
import Store

/// Where scoring requests arrive; part of every scoring URI.
package struct ScoringAddress: Sendable {
    /// `https` or `http`.
    package var scheme: String
    /// `host:port` that the fleet shares.
    package var authority: String
    /// `{endpoint}.{region}.{domain}` leads to an endpoint where this is set.
    package var domain: String?

    package init(scheme: String, authority: String, domain: String?) {
        (self.scheme, self.authority, self.domain) = (scheme, authority, domain)
    }

    /// Address of an endpoint without the path of the model server.
    package func base(endpoint: String, location: String) -> String {
        if let host = host(endpoint: endpoint, location: location) { return "\(scheme)://\(host)" }
        return "\(scheme)://\(authority)/api/v1/endpoint/\(endpoint)"
    }

    func host(endpoint: String, location: String) -> String? {
        domain.map { "\(endpoint.lowercased()).\(location).\($0)" }
    }
}

/// Turns an endpoint as it is stored into the route that routers serve.
struct RouteBuilder: Sendable {
    let address: ScoringAddress
    let tokenIssuer: String

    /// The longest line has as many as can be served at once (`surface.md` §7: 429 beyond 2 × in flight); where replicas
    /// are on their way, as many as the largest deployment could serve: `maxQueueWait` bounds it too.
    func route(_ endpoint: RoutedEndpoint) -> Route {
        let kind: EndpointKind = endpoint.properties.compute == nil ? .managed : .kubernetes
        let deployments = endpoint.deployments.map { deployment(of: kind, $0) }
        let mirrors = shares(endpoint.properties.mirrorTraffic, of: deployments)
        return Route(
            endpoint: endpoint.name, endpointID: endpoint.id.uuidString.lowercased(),
            hosts: address.host(endpoint: endpoint.name, location: endpoint.location).map { [$0] } ?? [],
            kind: kind,
            authentication: Authentication(
                mode: mode(endpoint.properties.authMode),
                keyDigests: endpoint.properties.authMode == .key ? endpoint.keyDigests : [],
                tokenIssuer: tokenIssuer, tokenAudience: SignInSettings.scoringAudience),
            traffic: shares(endpoint.properties.traffic, of: deployments), mirrors: mirrors.isEmpty ? nil : mirrors,
            allowedOrigins: endpoint.tags[AllowedOrigins.tag].flatMap { AllowedOrigins.parse($0) },
            deployments: deployments)
    }

    /// What Azure's inference server has beside the scoring path; what else is asked for takes no slot of a replica.
    private static let inferenceServerPaths = ["/", "/swagger.json"]

    /// Positive shares of deployments that are there, by name.
    private func shares(_ percentages: [String: Int], of deployments: [DeploymentRoute]) -> [TrafficShare] {
        percentages
            .filter { share in share.value > 0 && deployments.contains { $0.name == share.key } }
            .sorted { $0.key < $1.key }
            .map { TrafficShare(deployment: $0.key, percent: $0.value) }
    }

    private func mode(_ mode: EndpointAuthMode) -> Authentication.Mode {
        switch mode {
        case .key: .key
        case .amlToken: .token
        case .aadToken: .identity
        }
    }

    /// `maxQueueWait` does not count for managed deployments: they wait as long as a request may take. So does a request
    /// that finds all replicas scaled away, while one starts.
    private func deployment(of kind: EndpointKind, _ deployment: RoutedDeployment) -> DeploymentRoute {
        let settings = deployment.requestSettings
        let scaling = UtilizationSettings(deployment.scaleSettings)
        let isAsleep = scaling?.minimum == 0 && deployment.replicas.isEmpty
        let timeout = settings.requestTimeout.milliseconds
        let queueWait = settings.maxQueueWait.milliseconds
        return DeploymentRoute(
            name: deployment.name, scoringPath: deployment.replicas.first?.address.scoringPath ?? "/score",
            otherPaths: Self.inferenceServerPaths, requestTimeoutMs: timeout,
            maxConcurrentRequestsPerReplica: settings.maxConcurrentRequestsPerInstance,
            maxQueueWaitMs: kind == .managed ? timeout : isAsleep ? max(timeout, queueWait) : queueWait,
            queueLimit: settings.maxConcurrentRequestsPerInstance
                * (scaling == nil ? max(1, deployment.instanceCount) : OnlineDeploymentRequest.instanceLimit),
            replicas: deployment.replicas.map { ReplicaRoute(id: $0.key.routeID, address: $0.address.address) })
    }
}
