import Foundation
import Postgres
package import Resources
import Store

/// Online endpoints: each write is one transaction of resource, operation and work item.
package struct EndpointService: Sendable {
    let database: Database
    let keyring: EndpointKeyring
    let starter: OperationStarter
    let hub: SignalHub
    let quota: QuotaService

    package func get(caller: Caller, workspace: ResourceID, name: String) async throws -> OnlineEndpoint {
        let workspace = try await WorkspaceService.find(workspace, database, isParent: true)
        return try await Self.find(name, in: workspace, database, isParent: false)
    }

    package func list(
        caller: Caller, workspace: ResourceID, _ filter: OnlineEndpointFilter, page: PageRequest
    ) async throws -> Page<OnlineEndpoint> {
        let workspace = try await WorkspaceService.find(workspace, database, isParent: true)
        return try await EndpointStore(database).list(workspaceID: workspace.id, filter, page: page)
    }

    /// Those of a whole group, whatever their workspaces.
    package func list(
        caller: Caller, subscription: String, resourceGroup: String, page: PageRequest
    ) async throws -> Page<OnlineEndpoint> {
        try await ScopeService(database: database).check(
            caller: caller, subscription: subscription, resourceGroup: resourceGroup)
        return try await EndpointStore(database).list(
            subscription: subscription, resourceGroup: resourceGroup, page: page)
    }

    /// Makes the endpoint or brings it to what is asked for. The same again joins the operation that runs, or changes nothing.
    package func put(
        caller: Caller, workspace: ResourceID, name: String,
        _ requested: Requested<OnlineEndpointRequest, OnlineEndpoint>, if precondition: WritePrecondition
    ) async throws -> Written<OnlineEndpoint> {
        try ResourceName.checkEndpointOrDeployment(name, kind: "endpoint")
        if let resting = try await findUnchanged(workspace, name, requested, if: precondition) {
            return Written(resting, wasMade: false)
        }
        let translate = { (error: PostgresError) in Self.translate(error, name: name) }
        return try await writer.write(waking: [.work], translate: translate) { transaction in
            let workspace = try await WorkspaceService.find(workspace, transaction, isParent: true)
            let existing = try await EndpointStore(transaction).findForUpdate(workspaceID: workspace.id, name: name)
            try precondition.check(existing?.version, "The endpoint '\(name)'")
            guard let existing else {
                return try await create(
                    caller: caller, workspace: workspace, name: name, requested.request, in: transaction)
            }
            return try await update(caller: caller, existing, to: requested.over(existing), in: transaction)
        }
    }

    private var writer: OperatedWriter { OperatedWriter(database: database, starter: starter, hub: hub) }

    private static func terms(_ kind: OperationKind, _ name: String, _ caller: Caller) -> OperatedWriter.Terms {
        OperatedWriter.Terms(caller: caller, kind: kind, subject: "The endpoint '\(name)'")
    }

    /// The endpoint where it is what is asked for, and at rest. Nothing is locked for this look: locks are written to the
    /// disk, and a template that is posted again asks it of every endpoint.
    private func findUnchanged(
        _ workspace: ResourceID, _ name: String, _ requested: Requested<OnlineEndpointRequest, OnlineEndpoint>,
        if precondition: WritePrecondition
    ) async throws -> OnlineEndpoint? {
        guard let workspace = try await WorkspaceStore(database).find(workspace),
            let existing = try await EndpointStore(database).find(workspaceID: workspace.id, name: name),
            existing.provisioningState == .succeeded
        else { return nil }
        try precondition.check(existing.version, "The endpoint '\(name)'")
        let names = try await DeploymentStore(database).names(endpointID: existing.id)
        let (_, decision) = try await decide(requested.over(existing), over: existing, deployments: names, database)
        return decision == .unchanged ? existing : nil
    }

    /// What a request comes to, and the properties that it leaves.
    private func decide(
        _ request: OnlineEndpointRequest, over existing: OnlineEndpoint, deployments: [String],
        _ runner: any StatementRunner
    ) async throws -> (OnlineEndpointProperties, PutDecision) {
        var properties = Self.canonical(request.properties, deployments: deployments)
        // Keys of the bag may be added and changed, and never get lost.
        properties.properties.merge(existing.properties.properties) { new, _ in new }
        let decision = PutDecision(
            state: existing.provisioningState,
            isSame: existing.envelope == request.envelope && existing.properties == properties,
            running: try await OperationStore(runner).findRunning(subjectID: existing.id), kind: .putEndpoint)
        return (properties, decision)
    }

    private func create(
        caller: Caller, workspace: Workspace, name: String, _ request: OnlineEndpointRequest,
        in transaction: Transaction
    ) async throws -> Written<OnlineEndpoint> {
        try Self.checkTraffic(request.properties, deployments: [])
        try await quota.checkCount(\.endpoints, subscription: workspace.subscription, transaction)
        try await quota.checkCluster(request.properties.compute, takes: nil, deployments: 0, transaction)
        let id = UUID()
        let store = EndpointStore(transaction)
        return try await writer.operate(Self.terms(.putEndpoint, name, caller), wasMade: true, in: transaction) {
            operation in
            try await store.insert(
                id: id, workspaceID: workspace.id, name: name, request: request, by: caller.auditName,
                operation: operation)
            try await keyring.create(request.keys, endpointID: id, workspaceID: workspace.id, in: transaction)
            return try await store.find(id: id)
        }
    }

    private func update(
        caller: Caller, _ existing: OnlineEndpoint, to request: OnlineEndpointRequest, in transaction: Transaction
    ) async throws -> Written<OnlineEndpoint> {
        try WriteRules.checkLocation(
            existing.envelope.location, request.envelope.location, "The endpoint '\(existing.name)'")
        let names = try await DeploymentStore(transaction).names(endpointID: existing.id)
        try Self.checkTraffic(request.properties, deployments: names)
        if request.properties.compute?.lowercased() != existing.properties.compute?.lowercased() {
            try await quota.checkCluster(
                request.properties.compute, takes: existing.id, deployments: names.count, transaction)
        }
        let (properties, decision) = try await decide(request, over: existing, deployments: names, transaction)
        let store = EndpointStore(transaction)
        let terms = Self.terms(.putEndpoint, existing.name, caller)
        return try await writer.update(existing, terms, decision, in: transaction) { state, operation in
            _ = try await store.update(
                existing, envelope: request.envelope, properties: properties, state: state, by: caller.auditName,
                operation: operation)
            return try await store.find(id: existing.id)
        }
    }

    /// Changes tags and identity, which routers know nothing of: done at once.
    package func patch(
        caller: Caller, workspace: ResourceID, name: String, _ patch: OnlineEndpointPatch,
        if precondition: WritePrecondition
    ) async throws -> OnlineEndpoint {
        // A tag may say which origins the routers let in.
        defer { hub.raise(.routing) }
        return try await database.transaction { transaction in
            let workspace = try await WorkspaceService.find(workspace, transaction, isParent: true)
            let store = EndpointStore(transaction)
            guard let endpoint = try await store.findForUpdate(workspaceID: workspace.id, name: name) else {
                throw Self.notFound(name, isParent: false)
            }
            try precondition.check(endpoint.version, "The endpoint '\(name)'")
            guard endpoint.provisioningState != .deleting else {
                throw ARMError(.conflict, "The endpoint '\(name)' is being deleted.")
            }
            var envelope = endpoint.envelope
            if let tags = patch.tags { envelope.tags = tags }
            if let identity = patch.identity { envelope.identity = identity }
            _ = try await store.update(
                endpoint, envelope: envelope, properties: endpoint.properties, state: endpoint.provisioningState,
                by: caller.auditName, operation: nil)
            return try await Self.find(name, in: workspace, transaction, isParent: false)
        }
    }

    /// Starts the deletion of the endpoint with its deployments; nil when there is none.
    package func delete(
        caller: Caller, workspace: ResourceID, name: String, if precondition: WritePrecondition
    ) async throws -> ResourceOperation? {
        try await writer.delete(Self.terms(.deleteEndpoint, name, caller), if: precondition) {
            transaction -> OperatedWriter.Doomed<OnlineEndpoint>? in
            let workspace = try await WorkspaceService.find(workspace, transaction, isParent: true)
            let store = EndpointStore(transaction)
            guard let endpoint = try await store.findForUpdate(workspaceID: workspace.id, name: name) else {
                return nil
            }
            return OperatedWriter.Doomed(endpoint) {
                for running in try await OperationStore(transaction).listRunning(endpointID: endpoint.id) {
                    try await starter.supersede(subjectID: running.subjectID, in: transaction)
                }
                _ = try await store.setState(
                    id: endpoint.id, from: ProvisioningState.allCases, to: .deleting, observed: false)
                try await DeploymentStore(transaction).markDeleting(endpointID: endpoint.id)
            }
        }
    }

    /// Every deployment that gets requests must exist.
    private static func checkTraffic(_ properties: OnlineEndpointProperties, deployments: [String]) throws(ARMError) {
        let known = Set(deployments.map { $0.lowercased() })
        let problems = [("traffic", properties.traffic), ("mirrorTraffic", properties.mirrorTraffic)].flatMap {
            field, shares in
            shares.filter { $0.value > 0 && !known.contains($0.key.lowercased()) }.keys.sorted().map { name in
                ARMError(
                    .badArgument, "The endpoint has no deployment '\(name)'.", target: "$.properties.\(field).\(name)")
            }
        }
        guard let first = problems.first else { return }
        guard problems.count > 1 else { throw first }
        throw ARMError(
            .badArgument, "The traffic names deployments that the endpoint does not have.", details: problems)
    }

    /// Deployment names in the spelling of the deployments themselves.
    private static func canonical(
        _ properties: OnlineEndpointProperties, deployments: [String]
    ) -> OnlineEndpointProperties {
        func respelled(_ shares: [String: Int]) -> [String: Int] {
            Dictionary(
                shares.map { name, share in
                    (deployments.first { $0.lowercased() == name.lowercased() } ?? name, share)
                }, uniquingKeysWith: { $0 + $1 })
        }
        var copy = properties
        copy.traffic = respelled(properties.traffic)
        copy.mirrorTraffic = respelled(properties.mirrorTraffic)
        return copy
    }

    static func find(
        _ name: String, in workspace: Workspace, _ runner: any StatementRunner, isParent: Bool, locking: Bool = false
    ) async throws -> OnlineEndpoint {
        let store = EndpointStore(runner)
        let found =
            locking
            ? try await store.findForShare(workspaceID: workspace.id, name: name)
            : try await store.find(workspaceID: workspace.id, name: name)
        guard let endpoint = found else {
            throw notFound(name, isParent: isParent)
        }
        return endpoint
    }

    static func notFound(_ name: String, isParent: Bool) -> ARMError {
        ARMError(
            isParent ? .parentResourceNotFound : .resourceNotFound,
            "The online endpoint '\(name)' was not found in the workspace.")
    }

    private static func translate(_ error: PostgresError, name: String) -> any Error {
        switch error.code {
        case .uniqueViolation(constraint: "online_endpoints_name"):
            ARMError(
                .endpointAlreadyExists,
                "The endpoint name '\(name)' is taken in another workspace; names are unique in a region.",
                target: "name")
        case .uniqueViolation(constraint: "operations_running"):
            ARMError(.operationInProgress, "The endpoint '\(name)' is being changed by another operation.")
        default: error
        }
    }
}
