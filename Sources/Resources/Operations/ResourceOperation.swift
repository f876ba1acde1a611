package import Foundation

/// Identity of an operation; part of its status URL.
package struct OperationID: UniqueID {
    package let value: UUID

    package init(_ value: UUID) {
        self.value = value
    }
}

/// What an operation does.
package enum OperationKind: String, Sendable, Codable, CaseIterable {
    case putEndpoint = "put_endpoint"
    case deleteEndpoint = "delete_endpoint"
    case regenerateKeys = "regenerate_keys"
    case putDeployment = "put_deployment"
    case deleteDeployment = "delete_deployment"
    case deployTemplate = "deploy_template"
    case deleteGroup = "delete_group"

    /// Nothing leads back from a deletion.
    package var isDeletion: Bool {
        switch self {
        case .deleteEndpoint, .deleteDeployment, .deleteGroup: true
        case .putEndpoint, .regenerateKeys, .putDeployment, .deployTemplate: false
        }
    }

    /// First part of the operation's name in its status URL, as captured from Azure (`surface.md` §1.6).
    package var urlPrefix: String {
        switch self {
        case .putEndpoint, .deleteEndpoint, .regenerateKeys: "oeidp"
        case .putDeployment, .deleteDeployment: "odidp"
        case .deployTemplate, .deleteGroup: "tdidp"
        }
    }
}

/// A long-running operation as the caller polls it.
package struct ResourceOperation: Sendable, Equatable {
    package var id: OperationID
    package var kind: OperationKind
    /// ARM id of the resource it works on.
    package var resourceID: String
    /// Id of the row of the endpoint, deployment, template deployment or group; at most one operation runs per subject.
    package var subjectID: UUID
    /// Generation of the subject that the operation brings about.
    package var generation: Int64
    package var state: OperationState
    /// Number of steps that are done.
    package var cursor: Int
    package var timeline: [OperationPhase]
    package var error: ARMError?
    package var location: String
    package var correlationID: String
    package var createdAt: Date
    package var finishedAt: Date?
    package var deadlineAt: Date
    /// Somebody wants it to end; its worker unwinds it.
    package var isCancelRequested: Bool
    /// Number of unwinding steps that are done.
    package var unwound: Int
    /// The operation that this one was started for, and that waits for it; nil for one that was read.
    package var waiter: OperationID?

    package init(
        id: OperationID, kind: OperationKind, resourceID: String, subjectID: UUID, generation: Int64,
        state: OperationState, cursor: Int, timeline: [OperationPhase], error: ARMError?, location: String,
        correlationID: String, createdAt: Date, finishedAt: Date?, deadlineAt: Date, isCancelRequested: Bool = false,
        unwound: Int = 0
    ) {
        (self.id, self.kind, self.resourceID, self.subjectID) = (id, kind, resourceID, subjectID)
        (self.generation, self.state, self.cursor) = (generation, state, cursor)
        (self.timeline, self.error, self.location) = (timeline, error, location)
        (self.correlationID, self.createdAt) = (correlationID, createdAt)
        (self.finishedAt, self.deadlineAt) = (finishedAt, deadlineAt)
        (self.isCancelRequested, self.unwound) = (isCancelRequested, unwound)
    }

    /// Last part of the status URL: `odidp:{operation}:{generation}` in the shape that captures show.
    package var statusName: String { "\(kind.urlPrefix):\(id):\(generation)" }
}

/// One phase of an operation's timeline: `queued`, `environment`, `artifacts`, `starting`, `probing`, `routing`, …
package struct OperationPhase: Sendable, Equatable, Codable {
    package var name: String
    package var startedAt: Date
    /// Nil while the phase lasts.
    package var endedAt: Date?

    package init(name: String, startedAt: Date, endedAt: Date? = nil) {
        (self.name, self.startedAt, self.endedAt) = (name, startedAt, endedAt)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        startedAt = Date(timeIntervalSince1970: try container.decode(Double.self, forKey: .startedAt))
        endedAt = try container.decodeIfPresent(Double.self, forKey: .endedAt).map(Date.init(timeIntervalSince1970:))
    }

    /// Times as seconds since 1970 with their fractions, which ISO texts would cut.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(startedAt.timeIntervalSince1970, forKey: .startedAt)
        try container.encodeIfPresent(endedAt?.timeIntervalSince1970, forKey: .endedAt)
    }

    private enum CodingKeys: String, CodingKey {
        case name
        case startedAt = "started_at"
        case endedAt = "ended_at"
    }
}
