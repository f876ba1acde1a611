import Resources
import Templates

/// A deployment as far as it is known before it runs, with the deployments nested in it.
struct DeploymentTree: Sendable {
    struct Node: Sendable {
        var resource: PlannedResource
        /// Position in the expansion.
        var position: Int
        var preview: Expansion.Preview
        /// Of a nested deployment whose template is known.
        var child: DeploymentTree?
        /// Why it is not known what a nested deployment deploys, though nothing is wrong with it.
        var shortCircuit: ShortCircuit?
    }

    /// What a nested deployment waits for that is known only when it runs.
    enum ShortCircuit: Sendable {
        /// Its template, or something else beside its parameters.
        case template
        /// The resource group that it goes to, which may be made before it.
        case resourceGroup
    }

    var address: TemplateDeploymentAddress
    var expansion: Expansion
    /// What is deployed: neither what only is read, nor what a condition leaves out.
    var nodes: [Node]

    /// Every resource, those of nested deployments in place of them.
    var leaves: [Node] {
        nodes.flatMap { node in
            node.resource.isDeployment ? node.child?.leaves ?? [] : [node]
        }
    }

    /// Every nested deployment, at any depth.
    var deployments: [PlannedResource] {
        nodes.flatMap { node in
            node.resource.isDeployment ? [node.resource] + (node.child?.deployments ?? []) : []
        }
    }

    /// Everything that it deploys is known.
    var isWhole: Bool {
        expansion.undetermined.isEmpty
            && nodes.allSatisfy { !$0.resource.isDeployment || $0.child?.isWhole ?? false }
    }

    /// What was left out, and why.
    var diagnostics: [TemplateDiagnostic] {
        var found = nodes.flatMap { node in
            (node.shortCircuit.map { [TemplateDiagnostic($0, of: node.resource)] } ?? [])
                + (node.child?.diagnostics ?? [])
        }
        if !expansion.undetermined.isEmpty {
            found.append(TemplateDiagnostic(leavingOut: expansion.undetermined, of: address))
        }
        return found
    }

    /// All ids with what is known of the bodies, those of the deployments themselves too.
    var planned: PlannedResources {
        var planned = PlannedResources()
        insert(into: &planned)
        return planned
    }

    func insert(into planned: inout PlannedResources) {
        for node in nodes {
            planned.insert(node.resource.id, .object(node.preview.body))
            node.child?.insert(into: &planned)
        }
    }
}
