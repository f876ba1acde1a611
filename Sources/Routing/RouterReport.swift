/// What a router answers to `GET /status` on its control address.
package struct RouterStatus: Sendable, Equatable, Codable {
    package var routerID: String
    /// Process id, with ``startedAt`` the identity of the process.
    package var pid: Int32
    /// Unix time in milliseconds.
    package var startedAt: Int64
    /// Version of the binary.
    package var version: String
    /// Generation of the table that all loops serve; 0 before the first table.
    package var generation: Int64
    /// `host:port` that scoring requests arrive at.
    package var listenAddress: String
    package var isDraining: Bool

    package init(
        routerID: String, pid: Int32, startedAt: Int64, version: String, generation: Int64, listenAddress: String,
        isDraining: Bool
    ) {
        (self.routerID, self.pid, self.startedAt) = (routerID, pid, startedAt)
        (self.version, self.generation) = (version, generation)
        (self.listenAddress, self.isDraining) = (listenAddress, isDraining)
    }
}

/// Response to a pushed table: every loop of the router serves `generation`, or a newer one, now.
package struct TableAcknowledgement: Sendable, Equatable, Codable {
    package var routerID: String
    package var generation: Int64

    package init(routerID: String, generation: Int64) {
        (self.routerID, self.generation) = (routerID, generation)
    }
}

/// What a router answers to `GET /report?after=…`: counters since its start, and load right now, per deployment. One that is
/// left out had no request since `after`.
package struct TrafficReport: Sendable, Equatable, Codable {
    package var routerID: String
    /// The next report's `after`, in microseconds of the router's monotonic clock. Nil from a router of an earlier version,
    /// which leaves nothing out.
    package var at: Int64?
    package var generation: Int64
    package var deployments: [DeploymentTraffic]
    /// Replicas that are in no table any more and still have requests inside: they are stopped when they are gone from here.
    package var leaving: [LeavingReplica]

    package init(
        routerID: String, at: Int64? = nil, generation: Int64, deployments: [DeploymentTraffic],
        leaving: [LeavingReplica] = []
    ) {
        (self.routerID, self.at, self.generation) = (routerID, at, generation)
        (self.deployments, self.leaving) = (deployments, leaving)
    }
}

/// What a router answers to `GET /load?after=…`: the load of the deployments that had requests after a moment.
///
/// All counters grow since the start of the router, which the id names: the mean of a span is the difference of two
/// reports by the difference of their times. A deployment that is left out had no request since `after`.
package struct LoadReport: Sendable, Equatable, Codable {
    package var routerID: String
    /// The router's monotonic clock, in microseconds: the next report's `after`.
    package var at: Int64
    package var deployments: [DeploymentLoad]

    package init(routerID: String, at: Int64, deployments: [DeploymentLoad]) {
        (self.routerID, self.at, self.deployments) = (routerID, at, deployments)
    }
}

/// Load of one deployment through one router.
package struct DeploymentLoad: Sendable, Equatable, Codable {
    package var endpoint: String
    package var deployment: String
    /// Requests that wait for a replica now.
    package var queued: Int
    /// Time that requests have spent inside replicas, in microseconds, summed over requests.
    package var busyMicroseconds: Int64
    /// Time that requests have spent waiting.
    package var queuedMicroseconds: Int64
    /// Requests that asked for a replica.
    package var arrivals: Int64
    /// Responses sent.
    package var answers: Int64

    package init(
        endpoint: String, deployment: String, queued: Int = 0, busyMicroseconds: Int64 = 0,
        queuedMicroseconds: Int64 = 0, arrivals: Int64 = 0, answers: Int64 = 0
    ) {
        (self.endpoint, self.deployment, self.queued) = (endpoint, deployment, queued)
        (self.busyMicroseconds, self.queuedMicroseconds) = (busyMicroseconds, queuedMicroseconds)
        (self.arrivals, self.answers) = (arrivals, answers)
    }
}

/// A replica that gets no new requests, with those that this router still has inside it.
package struct LeavingReplica: Sendable, Equatable, Codable {
    package var id: String
    package var inFlight: Int

    package init(id: String, inFlight: Int) {
        (self.id, self.inFlight) = (id, inFlight)
    }
}

/// What a router answers to `GET /leaving?id=…&wait_ms=…`: how a replica that leaves the table is doing.
package struct LeavingStatus: Sendable, Equatable, Codable {
    package var routerID: String
    /// The table does not name the replica, no request is inside it, and none will be sent to it.
    package var isDrained: Bool
    /// Requests inside the replica.
    package var inFlight: Int

    package init(routerID: String, isDrained: Bool, inFlight: Int) {
        (self.routerID, self.isDrained, self.inFlight) = (routerID, isDrained, inFlight)
    }
}

/// The body of `POST /leaving`: which of these replicas is a router not done with?
package struct LeavingQuery: Sendable, Equatable, Codable {
    /// As the table names them; at most ``limit``.
    package var ids: [String]

    package static let limit = 10_000

    package init(ids: [String]) {
        self.ids = ids
    }
}

/// What a router responds to ``LeavingQuery``.
package struct LeavingResponse: Sendable, Equatable, Codable {
    package var routerID: String
    /// Those that the table names, or that have a request of this router inside or coming.
    package var busy: [String]

    package init(routerID: String, busy: [String]) {
        (self.routerID, self.busy) = (routerID, busy)
    }
}

/// Traffic of one deployment through one router.
package struct DeploymentTraffic: Sendable, Equatable, Codable {
    package var endpoint: String
    package var deployment: String
    /// Requests inside a replica now.
    package var inFlight: Int
    /// Requests that wait for a replica now.
    package var queued: Int
    /// Responses sent since start, by status class: index 0 is 1xx, 4 is 5xx.
    package var answersByClass: [Int64]
    /// Sum of the times from request head to the last byte of the response, in microseconds.
    package var durationSumMicroseconds: Int64
    /// Answers by ``LatencyBuckets``.
    package var durationBuckets: [Int64]?
    /// Where the deployment is a mirror: how its responses compare, per deployment whose requests it gets.
    package var mirrored: [MirrorReport]?

    package init(
        endpoint: String, deployment: String, inFlight: Int, queued: Int,
        answersByClass: [Int64], durationSumMicroseconds: Int64
    ) {
        self.endpoint = endpoint
        self.deployment = deployment
        self.inFlight = inFlight
        self.queued = queued
        self.answersByClass = answersByClass
        self.durationSumMicroseconds = durationSumMicroseconds
    }
}

/// A mirror's answers beside those of the live deployment, since start, over pairs of which both were answered.
package struct MirrorReport: Sendable, Equatable, Codable {
    /// Name of the live deployment.
    package var live: String
    /// Pairs whose status codes were the same, and those whose were not.
    package var sameStatus: Int64
    package var differentStatus: Int64
    /// Sums of the times of both sides, in microseconds.
    package var liveMicroseconds: Int64
    package var mirrorMicroseconds: Int64

    package init(
        live: String, sameStatus: Int64, differentStatus: Int64, liveMicroseconds: Int64, mirrorMicroseconds: Int64
    ) {
        (self.live, self.sameStatus, self.differentStatus) = (live, sameStatus, differentStatus)
        (self.liveMicroseconds, self.mirrorMicroseconds) = (liveMicroseconds, mirrorMicroseconds)
    }
}
