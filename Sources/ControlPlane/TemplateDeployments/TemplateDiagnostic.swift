import Resources
import Templates

/// `DeploymentDiagnosticsDefinition`: what a prediction has to say beside its changes.
///
/// The code is Azure's for nested deployments whose resources can't all be told before the deployment runs.
struct TemplateDiagnostic: Sendable, Equatable {
    var code = "NestedDeploymentShortCircuited"
    var level = "Warning"
    /// Id of the nested deployment.
    var target: String
    var message: String

    /// Places that a message names; the rest is counted.
    private static let placeLimit = 10

    init(_ reason: DeploymentTree.ShortCircuit, of resource: PlannedResource) {
        target = resource.id
        let cause =
            switch reason {
            case .template: "its template depends on values that are known only when the deployment runs"
            case .resourceGroup: "its resource group is not there yet, and what is deployed before it may make it"
            }
        message = "The resources of the nested deployment '\(resource.name)' are left out: \(cause)."
    }

    init(leavingOut places: [String], of address: TemplateDeploymentAddress) {
        target = address.id
        let named = places.prefix(Self.placeLimit).joined(separator: ", ")
        let rest = places.count > Self.placeLimit ? " and \(places.count - Self.placeLimit) more" : ""
        message =
            "Resources of the nested deployment '\(address.name)' are left out: the names, types, conditions or counts at "
            + "\(named)\(rest) depend on parameters whose values are known only when the deployment runs."
    }

    var json: JSONValue {
        JSONValue.object([
            "level": .string(level), "code": .string(code), "message": .string(message), "target": .string(target),
        ])
    }
}
