/// How many replicas a load needs, by the calculation of Azure's page on the inference router:
/// `ceil(requests per second × seconds per request / target utilization / requests per replica)`.
package enum ReplicaCalculator {
    /// - Returns: 1 at least for any load; nil for numbers that are not positive or a result beyond a million.
    package static func replicas(
        requestsPerSecond: Double, requestSeconds: Double, targetPercent: Int, requestsPerReplica: Int
    ) -> Int? {
        guard requestsPerSecond > 0, requestSeconds > 0, targetPercent > 0, requestsPerReplica > 0 else { return nil }
        let concurrent = requestsPerSecond * requestSeconds * 100 / Double(targetPercent)
        let exact = concurrent / Double(requestsPerReplica)
        guard exact < 1_000_000 else { return nil }
        return max(1, Int((exact - 1e-9).rounded(.up)))
    }
}
