import Resources
import Templates

/// A deployment as far as it is known before it runs, with the deployments nested in it.
struct DeploymentTree: Sendable {
    struct Node: Sendable {
        var resource: PlannedResource
        var preview: Expansion.Preview
        /// Of a nested deployment whose parameters are known.
        var child: DeploymentTree?
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

    /// All ids with what is known of the bodies, those of the deployments themselves too.
    var planned: PlannedResources {
        var planned = PlannedResources()
        insert(into: &planned)
        return planned
    }

    private func insert(into planned: inout PlannedResources) {
        for node in nodes {
            planned.insert(node.resource.id, .object(node.preview.body))
            node.child?.insert(into: &planned)
        }
    }
}
