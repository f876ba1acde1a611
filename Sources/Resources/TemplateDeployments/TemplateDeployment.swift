package import Foundation

/// State of a template deployment, as `provisioningState` spells it.
package enum TemplateDeploymentState: String, Sendable, Codable, CaseIterable {
    /// Written, not begun. To: running, canceled, failed.
    case accepted = "Accepted"
    /// To: succeeded, failed, canceled.
    case running = "Running"
    case succeeded = "Succeeded"
    case failed = "Failed"
    case canceled = "Canceled"

    package var isTerminal: Bool {
        switch self {
        case .succeeded, .failed, .canceled: true
        case .accepted, .running: false
        }
    }
}

/// `mode` of a deployment.
package enum TemplateDeploymentMode: String, Sendable, Codable, CaseIterable {
    case incremental = "Incremental"
    /// Resources of the group that the template does not name are deleted.
    case complete = "Complete"
}

/// A template deployment as its history shows it; the template and the values of secure parameters are kept apart.
package struct TemplateDeployment: Sendable, Equatable {
    package var id: UUID
    package var subscription: String
    /// Nil at subscription scope.
    package var resourceGroup: String?
    package var name: String
    /// Of a deployment at subscription scope.
    package var location: String?
    package var tags: [String: String]
    package var state: TemplateDeploymentState
    package var mode: TemplateDeploymentMode
    /// Carries it out; that of its root for a nested one.
    package var operationID: OperationID
    package var isNested: Bool
    package var correlationID: String
    package var templateHash: String
    /// What of the request is shown again: links, debug setting, what happens on an error.
    package var request: JSONValue
    /// `{name: {"type": …, "value": …}}`, without values of secure parameters.
    package var parameters: JSONValue
    /// `providers` and `dependencies`.
    package var summary: JSONValue
    package var outputs: JSONValue?
    package var outputResources: JSONValue?
    package var error: ARMError?
    package var startedAt: Date
    package var changedAt: Date

    package init(
        id: UUID, subscription: String, resourceGroup: String?, name: String, location: String?,
        tags: [String: String], state: TemplateDeploymentState, mode: TemplateDeploymentMode, operationID: OperationID,
        isNested: Bool, correlationID: String, templateHash: String, request: JSONValue, parameters: JSONValue,
        summary: JSONValue, outputs: JSONValue? = nil, outputResources: JSONValue? = nil, error: ARMError? = nil,
        startedAt: Date, changedAt: Date
    ) {
        (self.id, self.subscription, self.resourceGroup) = (id, subscription, resourceGroup)
        (self.name, self.location, self.tags, self.state) = (name, location, tags, state)
        (self.mode, self.operationID, self.isNested) = (mode, operationID, isNested)
        (self.correlationID, self.templateHash) = (correlationID, templateHash)
        (self.request, self.parameters, self.summary) = (request, parameters, summary)
        (self.outputs, self.outputResources, self.error) = (outputs, outputResources, error)
        (self.startedAt, self.changedAt) = (startedAt, changedAt)
    }

    package static func id(subscription: String, resourceGroup: String?, name: String) -> String {
        let group = resourceGroup.map { "/resourceGroups/\($0)" } ?? ""
        return "/subscriptions/\(subscription)\(group)/providers/Microsoft.Resources/deployments/\(name)"
    }

    package var resourceID: String {
        Self.id(subscription: subscription, resourceGroup: resourceGroup, name: name)
    }
}

/// What a deployment did, or is doing, about one resource (`DeploymentOperation`).
package struct TemplateDeploymentStep: Sendable, Equatable {
    package enum State: String, Sendable, Codable, CaseIterable {
        case running = "Running"
        case succeeded = "Succeeded"
        case failed = "Failed"
        case canceled = "Canceled"
    }

    /// The deployment's row.
    package var deploymentID: UUID
    /// Its turn: the resource's position, or past them for what belongs to no resource.
    package var position: Int
    /// `Create`, `Read`, `Delete`, `EvaluateDeploymentOutput`, `DeploymentCleanup`.
    package var kind: String
    package var state: State
    /// ARM id; nil for the evaluation of outputs.
    package var target: String?
    package var targetType: String?
    package var targetName: String?
    /// `OK`, `Created`, `BadRequest`, …
    package var statusCode: String
    package var error: ARMError?
    package var startedAt: Date
    package var changedAt: Date
    /// What a running step waits for: the operation of its resource, or, before the put, one in its way.
    package var awaited: OperationID?
    /// Whether its resource was not there before; nil until it has been put.
    package var wasMade: Bool?
    /// The row of the nested deployment that it began.
    package var nestedID: UUID?

    package init(
        deploymentID: UUID, position: Int, kind: String, state: State, target: String?, targetType: String?,
        targetName: String?, statusCode: String, error: ARMError? = nil, startedAt: Date, changedAt: Date,
        awaited: OperationID? = nil, wasMade: Bool? = nil, nestedID: UUID? = nil
    ) {
        (self.deploymentID, self.position, self.kind) = (deploymentID, position, kind)
        (self.state, self.target, self.targetType) = (state, target, targetType)
        (self.targetName, self.statusCode, self.error) = (targetName, statusCode, error)
        (self.startedAt, self.changedAt) = (startedAt, changedAt)
        (self.awaited, self.wasMade, self.nestedID) = (awaited, wasMade, nestedID)
    }

    /// `operationId` on the wire: 16 digits in capitals, as Azure's look.
    package var operationID: String {
        let bytes = withUnsafeBytes(of: deploymentID.uuid) { Array($0) }
        let hash = (bytes + withUnsafeBytes(of: UInt64(position).bigEndian) { Array($0) })
            .reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16, uppercase: true)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
