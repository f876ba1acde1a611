import ControlPlane
import Foundation
import Resources
import Templates

/// `DeploymentExtended`, `DeploymentOperation` and the bodies around them, as documents: their values are the
/// template's own.
enum TemplateDeploymentBody {
    static func document(_ deployment: TemplateDeployment) -> JSONValue {
        var body = JSONObject([
            ("id", .string(deployment.resourceID)), ("name", .string(deployment.name)),
            ("type", .string(ResourceID.deploymentType)),
        ])
        body.set("location", deployment.location.map { .string($0) })
        if !deployment.tags.isEmpty {
            body.set(
                "tags",
                .object(JSONObject(deployment.tags.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })))
        }
        body.set("properties", .object(properties(deployment)))
        return .object(body)
    }

    private static func properties(_ deployment: TemplateDeployment) -> JSONObject {
        var properties = JSONObject([
            ("templateHash", .string(deployment.templateHash)), ("parameters", deployment.parameters),
            ("mode", .string(deployment.mode.rawValue)), ("provisioningState", .string(deployment.state.rawValue)),
            ("timestamp", .string(WireDate.text(deployment.changedAt))),
            ("duration", .string(duration(from: deployment.startedAt, to: deployment.changedAt))),
            ("correlationId", .string(deployment.correlationID)),
        ])
        for member in deployment.request.members { properties.set(member.name, member.value) }
        for member in deployment.summary.members { properties.set(member.name, member.value) }
        properties.set("outputs", deployment.outputs.flatMap { $0.members.isEmpty ? nil : $0 })
        properties.set("outputResources", deployment.outputResources)
        properties.set("error", deployment.error?.json)
        return properties
    }

    static func duration(from start: Date, to end: Date) -> String {
        ISODuration(milliseconds: max(0, Int(clamping: (end.timeIntervalSince(start) * 1_000).rounded()))).description
    }

    /// `DeploymentValidateResult`: what would be deployed.
    static func validation(_ deployment: TemplateDeployment, resources: [String]) -> JSONValue {
        guard case .object(var body) = document(deployment), case .object(var properties)? = body["properties"] else {
            return .null
        }
        let validated = resources.map { JSONValue.object(JSONObject([("id", .string($0))])) }
        properties.set("validatedResources", .array(validated))
        body.set("properties", .object(properties))
        return .object(body)
    }

    static func document(_ step: TemplateDeploymentStep, of deployment: String) -> JSONValue {
        var properties = JSONObject([
            ("provisioningOperation", .string(step.kind)), ("provisioningState", .string(step.state.rawValue)),
            ("timestamp", .string(WireDate.text(step.changedAt))),
            ("duration", .string(duration(from: step.startedAt, to: step.changedAt))),
            ("trackingId", .string(step.deploymentID.uuidString.lowercased())),
            ("serviceRequestId", .string(step.operationID)), ("statusCode", .string(step.statusCode)),
        ])
        if let error = step.error {
            properties.set(
                "statusMessage",
                .object(JSONObject([("status", .string(step.state.rawValue)), ("error", error.json)])))
        }
        if let target = step.target {
            properties.set(
                "targetResource",
                .object(
                    JSONObject([
                        ("id", .string(target)), ("resourceType", .string(step.targetType ?? "")),
                        ("resourceName", .string(step.targetName ?? "")),
                    ])))
        }
        return .object(
            JSONObject([
                ("id", .string("\(deployment)/operations/\(step.operationID)")),
                ("operationId", .string(step.operationID)), ("properties", .object(properties)),
            ]))
    }

    /// `{"status": …}` of the operation that carries a deployment out.
    static func status(_ operation: ResourceOperation) -> JSONValue {
        let words: [OperationState: String] = [
            .accepted: "Accepted", .running: "Running", .succeeded: "Succeeded", .failed: "Failed",
            .canceled: "Canceled",
        ]
        var body = JSONObject([("status", .string(words[operation.state] ?? ""))])
        body.set("error", operation.error?.json)
        return .object(body)
    }
}
