import Foundation
import Resources

extension ScalingRecord {
    /// An entry of `scalingHistory`.
    var document: JSONValue {
        get throws {
            var body = Document()
            body.set("id", id.uuidString.lowercased())
            body.set("decidedAt", decidedAt)
            body.set("from", decision.from)
            body.set("to", decision.to)
            body.set("reason", decision.reason)
            body.set("decidedBy", decidedBy)
            try body.set("inputs", encoding: decision.inputs)
            return body.value
        }
    }
}

extension DeploymentMinute {
    /// A minute of `load`: `arrivals` per second of the minute, `answers` by status class with 1xx first, both empty for
    /// none; `requestMilliseconds` the mean time inside a replica, absent without responses.
    var document: JSONValue {
        get throws {
            var body = Document()
            body.set("minute", minute)
            try body.set("arrivals", encoding: arrivals)
            try body.set("answers", encoding: answers)
            body.set("requestMilliseconds", meanMilliseconds)
            body.set("readyReplicas", readyReplicas)
            body.set("utilizationMean", utilizationMean)
            body.set("utilizationPeak", utilizationPeak)
            body.set("cpuMean", cpuMean)
            body.set("memoryMean", memoryMean)
            return body.value
        }
    }

    private var meanMilliseconds: Double? {
        answerCount > 0 ? Double(busyMicroseconds) / 1_000 / Double(answerCount) : nil
    }
}
