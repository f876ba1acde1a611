import Foundation
import Resources

extension ResourceOperation {
    /// An operation's status (`surface.md` §3.2), with the timeline of its phases.
    var document: JSONValue {
        get throws {
            var body = Document()
            body.set("id", OperationURL.path(self, .status))
            body.set("name", statusName)
            body.set("status", state.wireStatus)
            body.set("resourceId", resourceID)
            body.set("startTime", createdAt)
            body.set("endTime", finishedAt)
            body.set("percentComplete", state.isTerminal ? 100 : min(95, Double(cursor) * 20))
            body.set("phases", timeline.map(\.document))
            if state == .succeeded {
                var properties = Document()
                properties.set("resourceId", resourceID)
                body.set("properties", properties.value)
            }
            // Only when it failed or was cancelled.
            try body.set("error", encoding: error)
            return body.value
        }
    }
}

extension OperationPhase {
    fileprivate var document: JSONValue {
        var body = Document()
        body.set("name", name)
        body.set("startTime", startedAt)
        body.set("endTime", endedAt)
        body.set(
            "durationMilliseconds",
            endedAt.map { Int(clamping: ($0.timeIntervalSince(startedAt) * 1_000).rounded()) })
        return body.value
    }
}
