/// One endpoint as the data plane sees it: who may call, which deployments share its traffic, where their replicas are.
package struct Route: Sendable, Equatable, Codable {
    /// Name of the endpoint as its owner wrote it; matched without regard to case.
    package var endpoint: String
    /// Identity of the endpoint: `sub` of the tokens that open it.
    package var endpointID: String
    /// Host names that lead to this endpoint, beside the path `/api/v1/endpoint/{endpoint}/…`.
    package var hosts: [String]
    package var kind: EndpointKind
    package var authentication: Authentication
    /// Share of live requests per deployment; shares sum to 100, or all are 0 and nothing is routed.
    package var traffic: [TrafficShare]
    /// Deployments that get copies of `percent` in a hundred live requests; nil where there are none.
    package var mirrors: [TrafficShare]?
    /// Origins whose pages may ask from a browser, `*` for any; nil where the router says nothing of it.
    package var allowedOrigins: [String]?
    package var deployments: [DeploymentRoute]

    package init(
        endpoint: String, endpointID: String, hosts: [String], kind: EndpointKind, authentication: Authentication,
        traffic: [TrafficShare], mirrors: [TrafficShare]? = nil, allowedOrigins: [String]? = nil,
        deployments: [DeploymentRoute]
    ) {
        (self.endpoint, self.endpointID, self.hosts) = (endpoint, endpointID, hosts)
        (self.kind, self.authentication, self.traffic) = (kind, authentication, traffic)
        (self.mirrors, self.allowedOrigins) = (mirrors, allowedOrigins)
        self.deployments = deployments
    }
}

/// The two kinds of online endpoints; they differ in the status codes of the data plane.
package enum EndpointKind: String, Sendable, Codable {
    case managed
    case kubernetes
}

/// How callers of a scoring URI prove who they are.
package struct Authentication: Sendable, Equatable, Codable {
    /// `key`: one of the endpoint's keys. `token`: a signed endpoint token. `identity`: a principal's access token.
    package enum Mode: String, Sendable, Codable {
        case key
        case token
        case identity
    }

    package var mode: Mode
    /// SHA-256 of each valid key, as 64 lower-case hexadecimal digits; the keys themselves never leave the control plane.
    package var keyDigests: [String]
    /// `iss` that a token must carry.
    package var tokenIssuer: String
    /// `aud` that a token must carry.
    package var tokenAudience: String

    package init(mode: Mode, keyDigests: [String], tokenIssuer: String, tokenAudience: String) {
        (self.mode, self.keyDigests) = (mode, keyDigests)
        (self.tokenIssuer, self.tokenAudience) = (tokenIssuer, tokenAudience)
    }
}

/// `percent` of an endpoint's live requests go to `deployment`.
package struct TrafficShare: Sendable, Equatable, Codable {
    package var deployment: String
    package var percent: Int

    package init(deployment: String, percent: Int) {
        (self.deployment, self.percent) = (deployment, percent)
    }
}

/// One deployment of an endpoint with its limits and its ready replicas.
package struct DeploymentRoute: Sendable, Equatable, Codable {
    package var name: String
    /// Path of the model server that `…/score` maps to, `/score` for scoring scripts.
    package var scoringPath: String
    /// The other paths that the model server has; nil lets every path through.
    package var otherPaths: [String]?
    /// What the replicas speak; nil for HTTP/1.1.
    package var replicaProtocol: ReplicaProtocol?
    /// Longest time from the forwarded head to the end of the response, in milliseconds.
    package var requestTimeoutMs: Int
    /// Most requests that may be inside one replica at once.
    package var maxConcurrentRequestsPerReplica: Int
    /// Longest time a request waits for a replica, in milliseconds.
    package var maxQueueWaitMs: Int
    /// Most requests that may wait; the next is refused with 429.
    package var queueLimit: Int
    package var replicas: [ReplicaRoute]

    package init(
        name: String, scoringPath: String, otherPaths: [String]? = nil, replicaProtocol: ReplicaProtocol? = nil,
        requestTimeoutMs: Int, maxConcurrentRequestsPerReplica: Int, maxQueueWaitMs: Int, queueLimit: Int,
        replicas: [ReplicaRoute]
    ) {
        self.name = name
        self.scoringPath = scoringPath
        self.otherPaths = otherPaths
        self.replicaProtocol = replicaProtocol
        self.requestTimeoutMs = requestTimeoutMs
        self.maxConcurrentRequestsPerReplica = maxConcurrentRequestsPerReplica
        self.maxQueueWaitMs = maxQueueWaitMs
        self.queueLimit = queueLimit
        self.replicas = replicas
    }
}

/// What a replica speaks, by the names that HTTP's own upgrade has for them.
package enum ReplicaProtocol: String, Sendable, Codable {
    case http1 = "http/1.1"
    /// HTTP/2 from the first byte on, without TLS: what gRPC servers speak.
    case http2 = "h2c"
}

/// A replica that is ready for requests.
package struct ReplicaRoute: Sendable, Equatable, Codable {
    package var id: String
    /// `unix:/path/to/socket` or `tcp:127.0.0.1:31001`.
    package var address: String

    package init(id: String, address: String) {
        (self.id, self.address) = (id, address)
    }
}
