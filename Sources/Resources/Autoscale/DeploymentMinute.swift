package import Foundation

/// What a deployment did and used in one minute (`deployment_minutes`).
package struct DeploymentMinute: Sendable, Equatable, Codable {
    package var deploymentID: UUID
    /// The minute's beginning.
    package var minute: Date
    /// Requests that arrived, per second of the minute; empty for none.
    package var arrivals: [Int]
    /// Answers by status class, 1xx first; empty for none.
    package var answers: [Int64]
    /// Answers by `LatencyBuckets`; empty for none.
    package var latencies: [Int64]
    package var durationSumMicroseconds: Int64
    package var busyMicroseconds: Int64
    package var queuedMicroseconds: Int64
    /// Percent.
    package var utilizationPeak: Double
    package var utilizationMean: Double
    package var readyReplicas: Double
    /// Percent of the instance type; nil where it is not known.
    package var cpuMean: Double?
    package var cpuPeak: Double?
    package var memoryMean: Double?
    package var memoryPeak: Double?

    /// Responses of all classes.
    package var answerCount: Int64 { answers.reduce(0, +) }

    package init(deploymentID: UUID, minute: Date) {
        (self.deploymentID, self.minute) = (deploymentID, minute)
        arrivals = []
        answers = []
        latencies = []
        durationSumMicroseconds = 0
        busyMicroseconds = 0
        queuedMicroseconds = 0
        utilizationPeak = 0
        utilizationMean = 0
        readyReplicas = 0
    }

    package enum CodingKeys: String, CodingKey {
        case deploymentID = "deployment_id"
        case minute, arrivals, answers, latencies
        case durationSumMicroseconds = "duration_sum_us"
        case busyMicroseconds = "busy_us"
        case queuedMicroseconds = "queued_us"
        case utilizationPeak = "utilization_peak"
        case utilizationMean = "utilization_mean"
        case readyReplicas = "ready_replicas"
        case cpuMean = "cpu_mean"
        case cpuPeak = "cpu_peak"
        case memoryMean = "memory_mean"
        case memoryPeak = "memory_peak"
    }
}
