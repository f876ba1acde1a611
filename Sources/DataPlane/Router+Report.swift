import Routing
import Synchronization

extension Router {
    /// A loop counts with a time that it read a moment ago, so the next report overlaps with this one.
    private static let reportOverlap: Int64 = 1_000_000

    /// Counters and present load of the deployments in the table that had requests after `moment`; of all for nil.
    func report(after moment: MonotonicTime? = nil) async -> TrafficReport {
        let table = await tables.present
        let now = MonotonicTime.now
        let deployments = table.routes.flatMap { route in
            route.deployments.compactMap { deployment in
                moment.map { deployment.state.wasUsed(after: $0) } == false
                    ? nil : Self.traffic(endpoint: route.endpoint, deployment.name, deployment.state)
            }
        }
        return TrafficReport(
            routerID: configuration.routerID, at: now.microseconds - Self.reportOverlap,
            generation: shared.servedGeneration,
            deployments: deployments, leaving: await tables.leavingReplicas())
    }

    /// Whether a replica has left the table and is drained; waits for it up to `limit`, but not while this router drains itself.
    func leaving(_ replica: String, limit: Duration) async -> LeavingStatus {
        let count = await tables.waitUntilDrained(replica, limit: limit) { [self] in status.isDraining }
        return LeavingStatus(routerID: configuration.routerID, isDrained: count == nil, inFlight: count ?? 0)
    }

    private static func traffic(endpoint: String, _ deployment: String, _ state: DeploymentState) -> DeploymentTraffic {
        var traffic = DeploymentTraffic(
            endpoint: endpoint, deployment: deployment, inFlight: 0, queued: 0,
            answersByClass: Array(repeating: 0, count: 5), durationSumMicroseconds: 0)
        let mirrored = state.mirrorReports
        traffic.mirrored = mirrored.isEmpty ? nil : mirrored
        var buckets = Array(repeating: Int64(0), count: LatencyBuckets.count)
        for loop in 0..<state.loops.count {
            state.loops[loop].latencies.add(to: &buckets)
            traffic.inFlight += state.loops[loop].inside.count
            traffic.queued += state.loops[loop].queued.count
            traffic.durationSumMicroseconds += state.loops[loop].durationSumMicroseconds
            for (status, count) in state.loops[loop].answersByClass.enumerated() {
                traffic.answersByClass[status] += count
            }
        }
        traffic.durationBuckets = buckets
        return traffic
    }

    /// Load of the deployments in the table that had requests after `moment`.
    func load(after moment: MonotonicTime) async -> LoadReport {
        let table = await tables.present
        let now = MonotonicTime.now
        let deployments = table.routes.flatMap { route in
            route.deployments.compactMap {
                Self.load(endpoint: route.endpoint, $0.name, $0.state, after: moment, until: now)
            }
        }
        return LoadReport(routerID: configuration.routerID, at: now.microseconds, deployments: deployments)
    }

    private static func load(
        endpoint: String, _ deployment: String, _ state: DeploymentState, after moment: MonotonicTime,
        until now: MonotonicTime
    ) -> DeploymentLoad? {
        guard state.wasUsed(after: moment) else { return nil }
        var load = DeploymentLoad(endpoint: endpoint, deployment: deployment)
        for loop in 0..<state.loops.count {
            load.queued += state.loops[loop].queued.count
            load.busyMicroseconds += state.loops[loop].inside.microsecondsSpent(until: now)
            load.queuedMicroseconds += state.loops[loop].queued.microsecondsSpent(until: now)
            load.arrivals += state.loops[loop].arrivals
            load.answers += state.loops[loop].answersByClass.reduce(0, +)
        }
        return load
    }

    /// The report as Prometheus text, format version 0.0.4; labels are endpoints, deployments and status classes only.
    package func metrics() async -> String {
        let report = await report()
        var text = MetricsText()
        text.family("sluice_router_requests_total", "counter", "Answers by status class.")
        for traffic in report.deployments {
            for (index, count) in traffic.answersByClass.enumerated() {
                text.sample("sluice_router_requests_total", traffic, labels: [("code", "\(index + 1)xx")], "\(count)")
            }
        }
        addDurations(to: &text, report)
        text.family("sluice_router_requests_in_flight", "gauge", "Requests inside a replica.")
        for traffic in report.deployments {
            text.sample("sluice_router_requests_in_flight", traffic, "\(traffic.inFlight)")
        }
        text.family("sluice_router_requests_queued", "gauge", "Requests that wait for a replica.")
        for traffic in report.deployments { text.sample("sluice_router_requests_queued", traffic, "\(traffic.queued)") }
        addMirrorMetrics(to: &text, report)
        addProcessMetrics(to: &text, generation: report.generation)
        return text.lines
    }

    private func addDurations(to text: inout MetricsText, _ report: TrafficReport) {
        let name = "sluice_router_request_duration_seconds"
        text.family(name, "histogram", "Time from request head to the end of the answer.")
        for traffic in report.deployments {
            var sum: Int64 = 0
            for (bucket, count) in (traffic.durationBuckets ?? []).enumerated() {
                sum += count
                let limit =
                    bucket + 1 == LatencyBuckets.count ? "+Inf" : "\(Double(LatencyBuckets.limit(bucket)) / 1e6)"
                text.sample("\(name)_bucket", traffic, labels: [("le", limit)], "\(sum)")
            }
            text.sample("\(name)_sum", traffic, "\(Double(traffic.durationSumMicroseconds) / 1_000_000)")
            text.sample("\(name)_count", traffic, "\(sum)")
        }
    }

    private func addMirrorMetrics(to text: inout MetricsText, _ report: TrafficReport) {
        let pairs = report.deployments.flatMap { traffic in (traffic.mirrored ?? []).map { (traffic, $0) } }
        text.family("sluice_router_mirror_pairs_total", "counter", "Copies and live requests that were both answered.")
        for (traffic, pair) in pairs {
            for (status, count) in [("same", pair.sameStatus), ("different", pair.differentStatus)] {
                let labels = [("live", pair.live), ("status", status)]
                text.sample("sluice_router_mirror_pairs_total", traffic, labels: labels, "\(count)")
            }
        }
        text.family(
            "sluice_router_mirror_pair_seconds_sum", "counter", "Sum of the times of either side of those pairs.")
        for (traffic, pair) in pairs {
            for (side, sum) in [("live", pair.liveMicroseconds), ("mirror", pair.mirrorMicroseconds)] {
                let labels = [("live", pair.live), ("side", side)]
                text.sample("sluice_router_mirror_pair_seconds_sum", traffic, labels: labels, "\(Double(sum) / 1e6)")
            }
        }
    }

    private func addProcessMetrics(to text: inout MetricsText, generation: Int64) {
        let counters: [(String, String, String, LoopCounters.Counter)] = [
            ("sluice_router_connections", "gauge", "Open client connections.", .openConnections),
            (
                "sluice_router_connections_accepted_total", "counter", "Client connections accepted.",
                .acceptedConnections
            ),
            (
                "sluice_router_unrouted_answers_total", "counter", "Answers given before a deployment was chosen.",
                .unroutedAnswers
            ),
            (
                "sluice_router_replica_connections_total", "counter", "Connections opened to replicas.",
                .upstreamConnections
            ),
            ("sluice_router_retries_total", "counter", "Requests sent to a second replica.", .retries),
            (
                "sluice_router_tls_handshakes_failed_total", "counter", "Connections that came to no TLS session.",
                .failedHandshakes
            ),
            ("sluice_router_mirrors_total", "counter", "Copies of requests sent to mirrors.", .mirrors),
            (
                "sluice_router_mirrors_dropped_total", "counter",
                "Copies not sent: the request was too long or ended early, or memory for copies was short.",
                .mirrorsDropped
            ),
        ]
        for (name, kind, help, counter) in counters {
            text.family(name, kind, help)
            text.sample(name, "\(shared.counters.reduce(0) { $0 + $1.value(of: counter) })")
        }
        text.family(
            "sluice_router_access_log_dropped_total", "counter", "Requests that the access log had no room for.")
        text.sample(
            "sluice_router_access_log_dropped_total", "\(shared.accessLogs.reduce(0) { $0 + $1.droppedCount })")
        text.family("sluice_router_table_generation", "gauge", "Generation of the routing table that all loops serve.")
        text.sample("sluice_router_table_generation", "\(generation)")
    }
}

/// Prometheus text in the making.
struct MetricsText {
    private(set) var lines = ""

    mutating func family(_ name: String, _ kind: String, _ help: String) {
        lines += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
    }

    mutating func sample(_ name: String, _ value: String) {
        lines += "\(name) \(value)\n"
    }

    mutating func sample(
        _ name: String, _ traffic: DeploymentTraffic, labels further: [(String, String)] = [], _ value: String
    ) {
        let suffix = further.map { ",\($0.0)=\"\(Self.escaped($0.1))\"" }.joined()
        let labels =
            "endpoint=\"\(Self.escaped(traffic.endpoint))\",deployment=\"\(Self.escaped(traffic.deployment))\"\(suffix)"
        lines += "\(name){\(labels)} \(value)\n"
    }

    private static func escaped(_ label: String) -> String {
        label.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
