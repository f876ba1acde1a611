import Store

/// The steps that several operations have in common.
package struct OperationSteps: Sendable {
    let publisher: RoutingPublisher
    let replicas: ReplicaCondition
    let hub: SignalHub

    package init(publisher: RoutingPublisher, replicas: ReplicaCondition, hub: SignalHub) {
        (self.publisher, self.replicas, self.hub) = (publisher, replicas, hub)
    }

    /// Until every router serves what the rows say.
    var routing: OperationStep {
        OperationStep(name: "routing") { [publisher] _ in
            try await publisher.publishAndWait()
            return .done
        }
    }

    /// The same before replicas go: those that no table names any more can.
    var leaving: OperationStep {
        OperationStep(name: "routing") { [publisher, hub] _ in
            try await publisher.publishAndWait()
            hub.raise(.replicas)
            return .done
        }
    }
}
