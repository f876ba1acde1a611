import Resources
import Templates

/// The order in which an expansion's resources are put: its dependencies, and a second put for resources whose body
/// names children that come after them.
///
/// An endpoint whose traffic names a deployment of the same template is put without that traffic, then the deployment,
/// then the endpoint as it is written. What waits for the endpoint waits for the second put, unless the deployment
/// itself waits for it.
struct DeploymentGraph: Sendable {
    struct Node: Sendable {
        var resource: PlannedResource
        /// Position in the expansion.
        var position: Int
        /// Positions of nodes that must be done before.
        var dependencies: Set<Int>
        /// It is put again by another node, after its children.
        var isFirstOfTwo = false
        var isSecondOfTwo = false
    }

    private(set) var nodes: [Node] = []
    /// The resource's only or last node, by its position in the expansion.
    private var nodeOf: [Int: Int] = [:]

    init(_ expansion: Expansion, _ providers: ResourceProviders) {
        for (position, resource) in expansion.resources.enumerated() where resource.isDeployed && !resource.isExisting {
            nodeOf[position] = nodes.count
            nodes.append(Node(resource: resource, position: position, dependencies: []))
        }
        for node in nodes.indices {
            nodes[node].dependencies = dependencies(of: nodes[node].position, in: expansion)
        }
        split(expansion, providers)
    }

    /// What is only read hands on what it waits for.
    private func dependencies(of position: Int, in expansion: Expansion) -> Set<Int> {
        var found: Set<Int> = []
        var seen: Set<Int> = []
        var open = expansion.resources[position].dependencies
        while let next = open.popLast() {
            guard seen.insert(next).inserted else { continue }
            if let node = nodeOf[next] { found.insert(node) } else { open += expansion.resources[next].dependencies }
        }
        return found
    }

    private mutating func split(_ expansion: Expansion, _ providers: ResourceProviders) {
        let byID = Dictionary(
            nodes.indices.map { (nodes[$0].resource.id.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
        for first in nodes.indices {
            let resource = nodes[first].resource
            guard let provider = try? providers.find(resource.type) else { continue }  // its put tells the error
            let body = JSONValue.object(expansion.preview(of: resource).body)
            let children = provider.neededChildren(of: resource.address, body).compactMap { byID[$0.lowercased()] }
                // A child that the resource waits for anyway is there already.
                .filter { !reaches(from: first, to: $0) }
            guard !children.isEmpty else { continue }
            let before = children.reduce(into: Set(children)) { $0.formUnion(ancestors(of: $1)) }
            let second = nodes.count
            nodes[first].isFirstOfTwo = true
            nodes.append(
                Node(
                    resource: resource, position: nodes[first].position, dependencies: Set(children + [first]),
                    isSecondOfTwo: true))
            for other in nodes.indices
            where other != second && nodes[other].dependencies.contains(first) && !before.contains(other) {
                nodes[other].dependencies.insert(second)
            }
        }
    }

    private func reaches(from node: Int, to other: Int) -> Bool { ancestors(of: node).contains(other) }

    /// Everything that a node waits for, directly or not.
    private func ancestors(of node: Int) -> Set<Int> {
        var found: Set<Int> = []
        var open = Array(nodes[node].dependencies)
        while let next = open.popLast() {
            if found.insert(next).inserted { open += nodes[next].dependencies }
        }
        return found
    }
}
