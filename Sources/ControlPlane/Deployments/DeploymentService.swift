import Foundation
import Postgres
package import Resources
import Store

/// Online deployments: each write is one transaction of resource, operation and work item.
package struct DeploymentService: Sendable {
    let database: Database
    let resolver: SpecificationResolver
    let starter: OperationStarter
    let hub: SignalHub
    let quota: QuotaService

    package func get(caller: Caller, endpoint: ResourceID, name: String) async throws -> OnlineDeployment {
        try await Self.find(name, under: endpoint, database)
    }

    package func list(
        caller: Caller, endpoint: ResourceID, page: PageRequest
    ) async throws -> Page<OnlineDeployment> {
        let (_, parent) = try await Self.findParents(endpoint, database)
        return try await DeploymentStore(database).list(endpointID: parent.id, page: page)
    }

    /// Those of a whole group, whatever their endpoints.
    package func list(
        caller: Caller, subscription: String, resourceGroup: String, page: PageRequest
    ) async throws -> Page<OnlineDeployment> {
        try await ScopeService(database: database).check(
            caller: caller, subscription: subscription, resourceGroup: resourceGroup)
        return try await DeploymentStore(database).list(
            subscription: subscription, resourceGroup: resourceGroup, page: page)
    }

    /// Makes the deployment or brings it to what is asked for. The same again joins the operation that runs, or changes nothing.
    package func put(
        caller: Caller, endpoint: ResourceID, name: String,
        _ requested: Requested<OnlineDeploymentRequest, OnlineDeployment>, if precondition: WritePrecondition
    ) async throws -> Written<OnlineDeployment> {
        try ResourceName.checkEndpointOrDeployment(name, kind: "deployment")
        let translate = { (error: PostgresError) in Self.translate(error, name: name) }
        return try await writer.write(waking: [.work, .replicas], translate: translate) { transaction in
            let (workspace, parent) = try await Self.findParents(endpoint, transaction, locking: true)
            guard parent.provisioningState != .deleting else {
                throw ARMError(.conflict, "The endpoint '\(parent.name)' is being deleted.")
            }
            let existing = try await DeploymentStore(transaction).findForUpdate(endpointID: parent.id, name: name)
            try precondition.check(existing?.version, "The deployment '\(name)'")
            let request = existing.map(requested.over) ?? requested.request
            try await checkOneScaler(request, endpoint.child("deployments", name), caller, transaction)
            let specification = try await resolver.resolve(
                request, name: existing?.name ?? name, endpoint: parent, workspace: workspace,
                generation: (existing?.version.generation ?? 0) + 1, transaction)
            guard let existing else {
                return try await create(caller: caller, parent, name: name, request, specification, in: transaction)
            }
            return try await update(caller: caller, parent, existing, to: request, specification, in: transaction)
        }
    }

    private var writer: OperatedWriter { OperatedWriter(database: database, starter: starter, hub: hub) }

    private static func terms(_ kind: OperationKind, _ name: String, _ caller: Caller) -> OperatedWriter.Terms {
        OperatedWriter.Terms(caller: caller, kind: kind, subject: "The deployment '\(name)'")
    }

    private func checkOneScaler(
        _ request: OnlineDeploymentRequest, _ id: ResourceID, _ caller: Caller, _ transaction: Transaction
    ) async throws {
        guard request.properties.scaleSettings.scaleType == .targetUtilization,
            let setting = try await AutoscaleSettingStore(transaction).find(target: id), setting.properties.enabled
        else { return }
        throw ARMError(
            .conflict,
            "An autoscale setting scales this deployment, \(try await AutoscaleSettingService.described(setting, for: caller, database)), "
                + "and a deployment has one scaler. Delete or disable that setting first.",
            target: "$.properties.scaleSettings.scaleType")
    }

    private func create(
        caller: Caller, _ endpoint: OnlineEndpoint, name: String, _ request: OnlineDeploymentRequest,
        _ specification: ReplicaSpecification, in transaction: Transaction
    ) async throws -> Written<OnlineDeployment> {
        let store = DeploymentStore(transaction)
        if request.properties.endpointComputeType == .kubernetes {
            try ResourceName.checkTogether(endpoint: endpoint.name, deployment: name)
        }
        guard try await store.names(endpointID: endpoint.id).count < ServiceLimits.deploymentsPerEndpoint else {
            throw ARMError(
                .quotaExceeded,
                "The endpoint '\(endpoint.name)' has \(ServiceLimits.deploymentsPerEndpoint) deployments, the most that are allowed."
            )
        }
        try await quota.checkCluster(of: endpoint, transaction)
        let id = UUID()
        let wanted = Self.wanted(request.properties, instanceCount: request.instanceCount, before: nil)
        let subscription = endpoint.workspace.subscription
        try await quota.checkCount(\.deployments, subscription: subscription, transaction)
        try await quota.check(specification.demand(wanted), of: nil, subscription: subscription, transaction)
        return try await writer.operate(Self.terms(.putDeployment, name, caller), wasMade: true, in: transaction) {
            operation in
            try await store.insert(
                id: id, endpointID: endpoint.id, name: name, request: request, wanted: wanted,
                by: caller.auditName, operation: operation)
            try await setTarget(specification, of: id, transaction)
            return try await store.find(id: id)
        }
    }

    private func update(
        caller: Caller, _ endpoint: OnlineEndpoint, _ existing: OnlineDeployment, to request: OnlineDeploymentRequest,
        _ specification: ReplicaSpecification, in transaction: Transaction
    ) async throws -> Written<OnlineDeployment> {
        try WriteRules.checkLocation(
            existing.envelope.location, request.envelope.location, "The deployment '\(existing.name)'")
        var properties = request.properties
        properties.properties.merge(existing.properties.properties) { new, _ in new }
        let isSame =
            existing.envelope == request.envelope && existing.properties == properties
            && existing.instanceCount == request.instanceCount
        let decision = PutDecision(
            state: existing.provisioningState, isSame: isSame,
            running: try await OperationStore(transaction).findRunning(subjectID: existing.id), kind: .putDeployment)
        let change = Change(
            envelope: request.envelope, properties: properties, instanceCount: request.instanceCount,
            specification: specification)
        let terms = Self.terms(.putDeployment, existing.name, caller)
        return try await writer.update(existing, terms, decision, in: transaction) { state, operation in
            try await write(change, state, operation, caller: caller, endpoint, existing, in: transaction)
        }
    }

    /// Another number of instances, in an operation of its own.
    private func scale(
        _ change: Change, caller: Caller, _ endpoint: OnlineEndpoint, _ existing: OnlineDeployment,
        in transaction: Transaction
    ) async throws -> Written<OnlineDeployment> {
        let terms = Self.terms(.putDeployment, existing.name, caller)
        guard let state = existing.provisioningState.next(on: .scalingRequested) else {
            throw WriteRules.illegal(existing.provisioningState, terms.subject)
        }
        return try await writer.operate(terms, in: transaction) { operation in
            try await write(change, state, operation, caller: caller, endpoint, existing, in: transaction)
        }
    }

    /// A change of a stored deployment that is legal to make now.
    private struct Change {
        var envelope: ResourceEnvelope
        var properties: OnlineDeploymentProperties
        var instanceCount: Int
        /// Where a scaler is to go on from, when the caller says so.
        var scaledFrom: Int?
        /// Nil for that of the stored properties.
        var specification: ReplicaSpecification?
        /// Why the number changes; nil when a caller wrote it.
        var decision: ScalingDecision?
    }

    private func write(
        _ change: Change, _ state: ProvisioningState, _ operation: OperationID, caller: Caller,
        _ endpoint: OnlineEndpoint, _ existing: OnlineDeployment, in transaction: Transaction
    ) async throws -> OnlineDeployment? {
        let store = DeploymentStore(transaction)
        let wanted = Self.wanted(
            change.properties, instanceCount: change.instanceCount, before: existing, startingAt: change.scaledFrom)
        // After a failure, replicas run an older one, or none: success is promised for what the properties say.
        var specification = change.specification
        if specification == nil { specification = try await store.findSpecified(id: existing.id) }
        if let specification {
            try await quota.check(
                specification.demand(wanted), of: existing.id,
                subscription: endpoint.workspace.subscription, transaction)
        }
        _ = try await store.update(
            existing, envelope: change.envelope, properties: change.properties, instanceCount: change.instanceCount,
            state: state, by: caller.auditName, operation: operation)
        try await WorkloadStore(transaction).want(wanted, id: existing.id)
        try await writeLedger(
            existing, to: wanted, change.decision, caller: caller, ScalingStore(transaction))
        if let specification { try await setTarget(specification, of: existing.id, transaction) }
        // What failed before is tried afresh, not at the end of its back-off.
        try await ReplicaStore(transaction).retryNow(workloadID: existing.id)
        return try await store.find(id: existing.id)
    }

    /// Replicas that a deployment wants after a write. The utilization scaler goes on from where it was, or from `start`;
    /// with one replica at least, so that the change shows whether it can serve.
    static func wanted(
        _ properties: OnlineDeploymentProperties, instanceCount: Int, before existing: OnlineDeployment?,
        startingAt start: Int? = nil
    ) -> Int {
        guard let settings = UtilizationSettings(properties.scaleSettings) else { return instanceCount }
        let scaled = existing.flatMap { $0.isScaledByUtilization ? $0.wantedReplicas : nil }
        return max(1, settings.clamp(start ?? scaled ?? instanceCount))
    }

    private func writeLedger(
        _ existing: OnlineDeployment, to count: Int, _ decision: ScalingDecision?, caller: Caller,
        _ ledger: ScalingStore
    ) async throws {
        guard count != existing.wantedReplicas else { return }
        let decision =
            decision
            ?? ScalingDecision(from: existing.wantedReplicas, to: count, reason: .manual, inputs: ScalingInputs())
        try await ledger.append(
            decision, deploymentID: existing.id, by: decision.inputs.setting ?? caller.auditName)
    }

    /// Replicas are replaced only when what they run changes.
    private func setTarget(
        _ specification: ReplicaSpecification, of id: UUID, _ transaction: Transaction
    ) async throws {
        let workloads = WorkloadStore(transaction)
        let present = try await workloads.findTarget(id: id)
        let isSame = present?.runs(likewise: specification) == true
        if !isSame { try await workloads.setTarget(id: id, specification) }
        try await DeploymentStore(transaction).setSpecified(
            id: id, generation: isSame ? present?.generation ?? 0 : specification.generation)
    }

    /// Changes tags and the number of instances.
    package func patch(
        caller: Caller, endpoint: ResourceID, name: String, _ patch: OnlineDeploymentPatch,
        if precondition: WritePrecondition
    ) async throws -> Written<OnlineDeployment> {
        let outcome = try await database.transaction { transaction in
            let (_, parent) = try await Self.findParents(endpoint, transaction, locking: true)
            guard let existing = try await DeploymentStore(transaction).findForUpdate(endpointID: parent.id, name: name)
            else { throw Self.notFound(name) }
            try precondition.check(existing.version, "The deployment '\(name)'")
            guard existing.provisioningState != .deleting else {
                throw ARMError(.conflict, "The deployment '\(name)' is being deleted.")
            }
            let count = patch.instanceCount ?? existing.wantedReplicas
            var envelope = existing.envelope
            if let tags = patch.tags { envelope.tags = tags }
            guard count != existing.wantedReplicas else {
                _ = try await DeploymentStore(transaction).update(
                    existing, envelope: envelope, properties: existing.properties,
                    instanceCount: existing.instanceCount, state: existing.provisioningState, by: caller.auditName,
                    operation: nil)
                let deployment = try await Self.find(name, of: parent, transaction)
                return Written(deployment, wasMade: false)
            }
            if let running = try await OperationStore(transaction).findRunning(subjectID: existing.id) {
                throw OperationStarter.conflict(running, "The deployment '\(name)'")
            }
            try Self.check(count, existing.properties.scaleSettings)
            envelope.sku?.capacity = count
            let change = Change(
                envelope: envelope, properties: existing.properties, instanceCount: count, scaledFrom: count)
            return try await scale(change, caller: caller, parent, existing, in: transaction)
        }
        if outcome.operation != nil { hub.raise(.work, .replicas) }
        return outcome
    }

    /// Changes the number of instances for an autoscale setting, as a caller's PATCH would.
    func scale(
        _ deployment: OnlineDeployment, _ decision: ScalingDecision, by setting: AutoscaleSetting
    ) async throws {
        let outcome = try await database.transaction { transaction -> Written<OnlineDeployment>? in
            let (_, parent) = try await Self.findParents(deployment.endpoint, transaction, locking: true)
            guard
                let existing = try await DeploymentStore(transaction).findForUpdate(
                    endpointID: parent.id, name: deployment.name),
                existing.instanceCount == decision.from, !existing.isScaledByUtilization
            else { return nil }  // decided on what is no longer so
            if let running = try await OperationStore(transaction).findRunning(subjectID: existing.id) {
                throw OperationStarter.conflict(running, "The deployment '\(existing.name)'")
            }
            var envelope = existing.envelope
            envelope.sku?.capacity = decision.to
            let change = Change(
                envelope: envelope, properties: existing.properties, instanceCount: decision.to,
                decision: decision)
            let caller = Caller(
                objectID: setting.id, applicationID: setting.resourceID.description,
                correlationID: UUID().uuidString.lowercased())
            return try await scale(change, caller: caller, parent, existing, in: transaction)
        }
        if outcome?.operation != nil { hub.raise(.work, .replicas) }
    }

    /// A scaler goes on from a number that somebody wrote, within its bounds.
    private static func check(_ count: Int, _ settings: ScaleSettings) throws(ARMError) {
        guard let bounds = UtilizationSettings(settings), bounds.clamp(count) != count else { return }
        throw ARMError(
            .badArgument,
            "The deployment scales by utilization between \(bounds.minimum) and \(bounds.maximum) instances; sku.capacity "
                + "can't be \(count). Change scaleSettings with PUT.", target: "$.sku.capacity")
    }

    /// Starts the deletion; nil when there is no such deployment. One with traffic is refused.
    package func delete(
        caller: Caller, endpoint: ResourceID, name: String, if precondition: WritePrecondition
    ) async throws -> ResourceOperation? {
        try await writer.delete(Self.terms(.deleteDeployment, name, caller), if: precondition) {
            transaction -> OperatedWriter.Doomed<OnlineDeployment>? in
            let (_, parent) = try await Self.findParents(endpoint, transaction, locking: true)
            let store = DeploymentStore(transaction)
            guard let existing = try await store.findForUpdate(endpointID: parent.id, name: name) else { return nil }
            return OperatedWriter.Doomed(existing) {
                try Self.checkHasNoTraffic(name, parent)
                try await starter.supersede(subjectID: existing.id, in: transaction)
                _ = try await store.setState(
                    id: existing.id, from: ProvisioningState.allCases, to: .deleting, observed: false)
                try await WorkloadStore(transaction).want(0, id: existing.id)
            }
        }
    }

    private static func checkHasNoTraffic(_ name: String, _ endpoint: OnlineEndpoint) throws(ARMError) {
        let share = endpoint.properties.traffic.first { $0.key.lowercased() == name.lowercased() }?.value ?? 0
        guard share == 0 else {
            throw ARMError(
                .deploymentHasTraffic,
                "The deployment '\(name)' gets \(share) % of the endpoint's traffic; set its share to 0 first.")
        }
    }

    private static func translate(_ error: PostgresError, name: String) -> any Error {
        switch error.code {
        case .uniqueViolation(constraint: "online_deployments_name"),
            .uniqueViolation(constraint: "operations_running"):
            ARMError(.operationInProgress, "The deployment '\(name)' is being made or changed by another operation.")
        case .foreignKeyViolation:
            ARMError(.parentResourceNotFound, "The endpoint of the deployment '\(name)' was deleted meanwhile.")
        default: error
        }
    }
}

extension ReplicaSpecification {
    /// Whether replicas of one generation are as good as those of the other.
    fileprivate func runs(likewise other: ReplicaSpecification) -> Bool {
        var other = other
        other.generation = generation
        return self == other
    }

    /// So many instances of it, as quotas count them.
    fileprivate func demand(_ count: Int) -> InstanceDemand {
        InstanceDemand(instanceType: instanceType, count: count, limits: resources)
    }
}
