import Resources

/// What a deployment has done of its graph, and what it may begin. Pure.
struct DeploymentProgress: Sendable {
    private let graph: DeploymentGraph
    /// By node, and past the nodes what belongs to no resource.
    private let steps: [Int: TemplateDeploymentStep]

    init(_ graph: DeploymentGraph, _ steps: [Int: TemplateDeploymentStep]) {
        (self.graph, self.steps) = (graph, steps)
    }

    /// Steps of nodes that have begun and not ended.
    var running: [TemplateDeploymentStep] {
        graph.nodes.indices.compactMap { steps[$0] }.filter { $0.state == .running }
    }

    /// Nodes whose turn has come, in the order of the template, as many as may run beside those that do.
    func next(width: Int) -> [Int] {
        let free = width - running.count
        guard free > 0 else { return [] }
        let ready = graph.nodes.indices.lazy.filter { node in
            steps[node] == nil && graph.nodes[node].dependencies.allSatisfy { steps[$0]?.state == .succeeded }
        }
        return Array(ready.prefix(free))
    }

    /// What went wrong, in the order in which it did. What waits for a failed resource never begins.
    var failures: [ARMError] {
        graph.nodes.indices.compactMap { steps[$0] }.filter { $0.state == .failed }
            .sorted { ($0.changedAt, $0.position) < ($1.changedAt, $1.position) }.compactMap(\.error)
    }
}
