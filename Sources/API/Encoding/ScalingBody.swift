import Foundation
import Resources

/// An entry of `scalingHistory`.
struct ScalingRecordBody: Encodable {
    let id: String
    let decidedAt: Date
    let from: Int
    let to: Int
    let reason: ScalingReason
    let decidedBy: String
    let inputs: ScalingInputs

    init(_ record: ScalingRecord) {
        id = record.id.uuidString.lowercased()
        decidedAt = record.decidedAt
        from = record.decision.from
        to = record.decision.to
        reason = record.decision.reason
        decidedBy = record.decidedBy
        inputs = record.decision.inputs
    }
}

/// A minute of `load`.
struct LoadMinuteBody: Encodable {
    let minute: Date
    /// Per second of the minute; empty for none.
    let arrivals: [Int]
    /// Answers by status class, 1xx first; empty for none.
    let answers: [Int64]
    /// Mean time inside a replica; absent without answers.
    let requestMilliseconds: Double?
    let readyReplicas: Double
    let utilizationMean: Double
    let utilizationPeak: Double
    let cpuMean: Double?
    let memoryMean: Double?

    init(_ minute: DeploymentMinute) {
        self.minute = minute.minute
        arrivals = minute.arrivals
        answers = minute.answers
        let count = minute.answerCount
        requestMilliseconds = count > 0 ? Double(minute.busyMicroseconds) / 1_000 / Double(count) : nil
        readyReplicas = minute.readyReplicas
        utilizationMean = minute.utilizationMean
        utilizationPeak = minute.utilizationPeak
        cpuMean = minute.cpuMean
        memoryMean = minute.memoryMean
    }
}
