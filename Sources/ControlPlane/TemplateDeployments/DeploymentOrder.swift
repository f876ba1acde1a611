import Templates

/// The nested deployments of a tree in an order in which each comes after those that it waits for.
struct DeploymentOrder {
    struct Entry {
        /// Position of the deployment in the tree's nodes.
        var node: Int
        /// Positions of the deployments that have ended when it begins.
        var earlier: [Int]
    }

    private(set) var entries: [Entry] = []

    init(_ tree: DeploymentTree) {
        let deployments = tree.nodes.indices.filter { tree.nodes[$0].resource.isDeployment }
        let nodeOf = Dictionary(uniqueKeysWithValues: deployments.map { (tree.nodes[$0].position, $0) })
        for node in deployments {
            let earlier = Self.ancestors(of: tree.nodes[node].position, in: tree.expansion).compactMap { nodeOf[$0] }
            entries.append(Entry(node: node, earlier: earlier.sorted()))
        }
        // Whoever waits for another also waits for all that the other waits for, and so for more.
        entries.sort { ($0.earlier.count, $0.node) < ($1.earlier.count, $1.node) }
    }

    /// Positions of everything that a resource waits for, directly or not.
    private static func ancestors(of position: Int, in expansion: Expansion) -> Set<Int> {
        var found: Set<Int> = []
        var open = expansion.resources[position].dependencies
        while let next = open.popLast() {
            if found.insert(next).inserted { open += expansion.resources[next].dependencies }
        }
        return found
    }
}
