import Foundation
import HTTPTypes
import Hummingbird
import Resources

/// An operation's status (`surface.md` §3.2), with the timeline of its phases.
struct OperationBody: Encodable {
    struct Phase: Encodable {
        let name: String
        let startTime: Date
        let endTime: Date?
        let durationMilliseconds: Int?

        init(_ phase: OperationPhase) {
            name = phase.name
            startTime = phase.startedAt
            endTime = phase.endedAt
            durationMilliseconds = phase.endedAt.map {
                Int(clamping: ($0.timeIntervalSince(phase.startedAt) * 1_000).rounded())
            }
        }
    }

    struct Properties: Encodable {
        let resourceId: String
    }

    let id: String
    let name: String
    let status: String
    let resourceId: String
    let startTime: Date
    let endTime: Date?
    let percentComplete: Double
    let phases: [Phase]
    /// Only when it succeeded.
    let properties: Properties?
    /// Only when it failed or was cancelled.
    let error: ARMError?

    init(_ operation: ResourceOperation) {
        id = OperationURL.path(operation, .status)
        name = operation.statusName
        status = operation.state.wireStatus
        resourceId = operation.resourceID
        startTime = operation.createdAt
        endTime = operation.finishedAt
        percentComplete = operation.state.isTerminal ? 100 : min(95, Double(operation.cursor) * 20)
        phases = operation.timeline.map(Phase.init)
        properties = operation.state == .succeeded ? Properties(resourceId: operation.resourceID) : nil
        error = operation.error
    }
}

/// The URLs that operations are followed by.
enum OperationURL {
    enum Kind: String {
        /// `Azure-AsyncOperation`: the status body.
        case status = "mfeOperationsStatus"
        /// `Location`: what the synchronous call would have answered.
        case result = "mfeOperationResults"
    }

    static func path(_ operation: ResourceOperation, _ kind: Kind) -> String {
        path(operation.statusName, kind, resource: operation.resourceID, location: operation.location)
    }

    static func path(_ statusName: String, _ kind: Kind, resource: String, location: String) -> String {
        let subscription = ResourceID(resource)?.subscription ?? ""
        return
            "/subscriptions/\(subscription)/providers/\(ResourceID.machineLearning)/locations/\(location)/\(kind.rawValue)/\(statusName)"
    }

    static func absolute(_ operation: ResourceOperation, _ kind: Kind, _ context: APIRequestContext) -> String {
        "\(context.baseURL)\(path(operation, kind))?api-version=\(context.apiVersion)"
    }
}

extension HTTPFields {
    /// Headers of an answer that a caller follows up: where, and how soon. Clients that read fractions come back
    /// after 200 ms, others after a second.
    mutating func follow(_ operation: ResourceOperation, _ context: APIRequestContext, withLocation: Bool) {
        self[.asyncOperation] = OperationURL.absolute(operation, .status, context)
        if withLocation { self[.location] = OperationURL.absolute(operation, .result, context) }
        let limit = operation.deadlineAt.timeIntervalSince(operation.createdAt)
        self[.asyncOperationTimeout] = ISODuration(milliseconds: Int(limit) * 1_000).description
        askAgainSoon()
    }

    mutating func askAgainSoon() {
        self[.retryAfter] = "1"
        self[.retryAfterMilliseconds] = "200"
        self[.microsoftRetryAfterMilliseconds] = "200"
    }
}
