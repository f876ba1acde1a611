package import Foundation
package import Postgres
package import Resources
import Store
package import Templates

/// What is told when a deployment was accepted.
package struct TemplateDeploymentOutcome: Sendable {
    package var deployment: TemplateDeployment
    package var operation: ResourceOperation
    package var wasMade: Bool
}

/// Deployments of ARM templates: validated as a whole before anything is made, carried out by one operation.
package struct TemplateDeploymentService: Sendable {
    private let database: Database
    private let compiler: TemplateCompiler
    private let access: AccessService
    private let planner: TemplatePlanner
    private let providers: ResourceProviders
    private let vault: SecretVault
    private let starter: OperationStarter
    private let operations: OperationService
    private let hub: SignalHub
    private let time: TimeSource

    /// Deployments that a scope's history keeps (`arm-templates.md` §9); the oldest make room.
    private static let historyLimit = 800
    /// Beyond the time of any operation: a deployment waits for those of its resources.
    private static let extraTime = Duration.seconds(3 * 3_600)

    init(
        database: Database, compiler: TemplateCompiler, access: AccessService, vault: SecretVault,
        starter: OperationStarter,
        operations: OperationService, hub: SignalHub, time: TimeSource
    ) {
        (self.database, self.compiler, self.access) = (database, compiler, access)
        providers = compiler.providers
        planner = TemplatePlanner(compiler: compiler, access: access, providers: compiler.providers)
        (self.vault, self.starter, self.operations) = (vault, starter, operations)
        (self.hub, self.time) = (hub, time)
    }

    // MARK: Looking

    package func get(caller: Caller, _ address: TemplateDeploymentAddress) async throws -> TemplateDeployment {
        try await checkScope(caller, address.scope)
        guard let found = try await find(address) else { throw Self.notFound(address) }
        return found
    }

    private func find(_ address: TemplateDeploymentAddress) async throws -> TemplateDeployment? {
        try await Self.find(address, database)
    }

    /// A deployment of the history; nil when it is not there.
    package static func find(
        _ address: TemplateDeploymentAddress, _ database: Database
    ) async throws -> TemplateDeployment? {
        try await TemplateDeploymentStore(database).find(
            subscription: address.scope.subscriptionID, resourceGroup: address.scope.resourceGroup, name: address.name)
    }

    package func list(
        caller: Caller, _ scope: DeploymentScope, state: TemplateDeploymentState?, page: PageRequest
    ) async throws -> Page<TemplateDeployment> {
        try await checkScope(caller, scope)
        return try await TemplateDeploymentStore(database).list(
            subscription: scope.subscriptionID, resourceGroup: scope.resourceGroup, state: state, page: page)
    }

    /// What a deployment did about each resource, in the order in which it began.
    package func steps(
        caller: Caller, _ address: TemplateDeploymentAddress
    ) async throws -> [TemplateDeploymentStep] {
        let deployment = try await get(caller: caller, address)
        return try await TemplateDeploymentStepStore(database).list(deploymentID: deployment.id)
    }

    /// The template as it was sent.
    package func template(caller: Caller, _ address: TemplateDeploymentAddress) async throws -> JSONValue {
        let deployment = try await get(caller: caller, address)
        guard let inputs = try await TemplateDeploymentStore(database).inputs(id: deployment.id) else {
            throw Self.notFound(address)
        }
        return inputs.template
    }

    private func checkScope(_ caller: Caller, _ scope: DeploymentScope) async throws {
        try await ScopeService(database: database).check(
            caller: caller, subscription: scope.subscriptionID, resourceGroup: scope.resourceGroup)
    }

    /// A group that is being deleted takes no deployments.
    private func checkOpen(_ scope: DeploymentScope) async throws {
        guard let name = scope.resourceGroup,
            let group = try await ResourceGroupStore(database).find(subscription: scope.subscriptionID, name: name)
        else { return }
        try ScopeService(database: database).checkOpen(group)
    }

    // MARK: Checking

    /// Finds everything that is wrong with a deployment, without making anything; returns it as it would begin, and
    /// the ids of what it would deploy.
    package func validate(
        caller: Caller, _ address: TemplateDeploymentAddress, _ request: TemplateDeploymentRequest, baseURL: String
    ) async throws -> (deployment: TemplateDeployment, resources: [String]) {
        let origin = origin(caller, baseURL)
        let (compiled, plan) = try await check(address, request, origin)
        let deployment = try deployment(address, request, compiled, plan, origin, state: .succeeded)
        return (deployment, plan.tree.leaves.map(\.resource.id))
    }

    private func origin(_ caller: Caller, _ baseURL: String) -> DeploymentOrigin {
        DeploymentOrigin(caller: caller, baseURL: baseURL, operationID: OperationID(), startedAt: time.now())
    }

    private func check(
        _ address: TemplateDeploymentAddress, _ request: TemplateDeploymentRequest, _ origin: DeploymentOrigin
    ) async throws -> (TemplateCompiler.Compiled, TemplatePlanner.Plan) {
        try address.check()
        try await checkScope(origin.caller, address.scope)
        try await checkOpen(address.scope)
        let present = try await find(address)
        if let present, !present.state.isTerminal { throw Self.active(present.resourceID) }
        try checkLocation(address, request, present)
        if request.mode == .complete, address.scope.resourceGroup == nil {
            throw ARMError(
                .invalidRequestContent, "The mode Complete is for deployments to resource groups only.",
                target: "$.properties.mode")
        }
        let compiled = try await compiler.compile(request, at: address, origin)
        let plan = try await planner.plan(compiled, at: address, origin)
        try await planner.preflight(plan, request.mode, origin)
        return (compiled, plan)
    }

    private func checkLocation(
        _ address: TemplateDeploymentAddress, _ request: TemplateDeploymentRequest, _ present: TemplateDeployment?
    ) throws(ARMError) {
        guard address.scope.resourceGroup == nil else { return }
        guard let location = request.location, !location.isEmpty else {
            throw ARMError(
                .locationRequired, "A deployment at subscription scope needs a 'location'.", target: "$.location")
        }
        if let known = present?.location, known.lowercased() != location.lowercased() {
            throw ARMError(
                .invalidDeploymentLocation,
                "The deployment '\(address.name)' is in '\(known)'; it can't be in '\(location)'. Use another name.",
                target: "$.location")
        }
    }

    // MARK: Deploying

    /// Accepts a deployment: nothing is written unless all of it is valid.
    package func put(
        caller: Caller, _ address: TemplateDeploymentAddress, _ request: TemplateDeploymentRequest, baseURL: String
    ) async throws -> TemplateDeploymentOutcome {
        let origin = origin(caller, baseURL)
        let (compiled, plan) = try await check(address, request, origin)
        let deployment = try deployment(address, request, compiled, plan, origin, state: .accepted)
        let inputs = TemplateDeploymentInputs(
            template: compiled.template,
            linkedTemplates: .object(JSONObject(plan.linked.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })),
            sealedParameters: nil, callerObjectID: caller.objectID, callerApplicationID: caller.applicationID,
            baseURL: baseURL)
        let outcome = try await database.transaction { transaction in
            try await write(deployment, inputs, compiled, origin, in: transaction)
        }
        hub.raise(.work)
        return outcome
    }

    private func write(
        _ deployment: TemplateDeployment, _ inputs: TemplateDeploymentInputs, _ compiled: TemplateCompiler.Compiled,
        _ origin: DeploymentOrigin, in transaction: Transaction
    ) async throws -> TemplateDeploymentOutcome {
        let store = TemplateDeploymentStore(transaction)
        let left = try await store.trim(
            subscription: deployment.subscription, resourceGroup: deployment.resourceGroup,
            to: Self.historyLimit - 1)
        guard left < Self.historyLimit else {
            throw ARMError(
                .deploymentQuotaExceeded,
                "The scope has \(left) deployments that have not ended; at most \(Self.historyLimit) are kept.")
        }
        var inputs = inputs
        var deployment = deployment
        // The row keeps its id.
        if let present = try await store.find(
            subscription: deployment.subscription, resourceGroup: deployment.resourceGroup, name: deployment.name)
        {
            deployment.id = present.id
        }
        inputs.sealedParameters = try vault.seal(compiled.program.parameters, deploymentID: deployment.id)
        guard let begun = try await store.begin(deployment, inputs), begun.id == deployment.id else {
            throw Self.active(deployment.resourceID)
        }
        let operation = try await starter.start(
            OperationStarter.Start(
                kind: .deployTemplate, resourceID: deployment.resourceID, subjectID: begun.id, workspaceID: nil,
                generation: 1, location: deployment.location ?? compiled.program.location, caller: origin.caller,
                extraTime: Self.extraTime), id: origin.operationID, in: transaction)
        return TemplateDeploymentOutcome(deployment: deployment, operation: operation, wasMade: begun.wasMade)
    }

    private func deployment(
        _ address: TemplateDeploymentAddress, _ request: TemplateDeploymentRequest,
        _ compiled: TemplateCompiler.Compiled, _ plan: TemplatePlanner.Plan, _ origin: DeploymentOrigin,
        state: TemplateDeploymentState
    ) throws -> TemplateDeployment {
        let scope = compiled.program.context.scope
        return TemplateDeployment(
            id: UUID(), subscription: scope.subscriptionID.lowercased(), resourceGroup: scope.resourceGroup,
            name: address.name, location: request.location, tags: request.tags, state: state, mode: request.mode,
            operationID: origin.operationID, isNested: false, correlationID: origin.caller.correlationID,
            templateHash: TemplateHash.text(of: compiled.template), request: request.shown,
            parameters: TemplateDeploymentValues.parameters(compiled.program.parameters),
            summary: TemplateDeploymentValues.summary(plan.tree.expansion), startedAt: origin.startedAt,
            changedAt: origin.startedAt)
    }

    // MARK: Ending

    /// Ends a running deployment; resources that it began are not rolled back.
    package func cancel(caller: Caller, _ address: TemplateDeploymentAddress) async throws {
        let deployment = try await get(caller: caller, address)
        let refusal = ARMError(
            .deploymentCannotBeCancelled,
            "The deployment '\(address.name)' can't be cancelled: it is \(deployment.state.rawValue).",
            target: deployment.resourceID)
        guard !deployment.state.isTerminal else { throw refusal }
        guard !deployment.isNested else {
            throw ARMError(
                .deploymentCannotBeCancelled,
                "The deployment '\(address.name)' is part of another one; cancel that.", target: deployment.resourceID)
        }
        let operation = try await operations.cancel(caller: caller, deployment.operationID)
        guard operation.state == .canceled else { throw refusal }
    }

    /// Removes a deployment from the history, not its resources; false when there was none.
    package func delete(caller: Caller, _ address: TemplateDeploymentAddress) async throws -> Bool {
        try await checkScope(caller, address.scope)
        guard let deployment = try await find(address) else { return false }
        guard try await TemplateDeploymentStore(database).delete(id: deployment.id) else {
            throw Self.active(deployment.resourceID)
        }
        return true
    }

    static func active(_ id: String) -> ARMError {
        ARMError(
            .deploymentActive,
            "The deployment cannot be saved or deleted because it is still active; wait for its end or cancel it.",
            target: id)
    }

    private static func notFound(_ address: TemplateDeploymentAddress) -> ARMError {
        ARMError(.deploymentNotFound, "The deployment '\(address.name)' could not be found.", target: address.id)
    }

    // MARK: What if

    /// Finds out what a deployment would change; returns the name of the result. What is wrong with the deployment is
    /// told by the result, after `locate` has added its place.
    package func whatIf(
        caller: Caller, _ address: TemplateDeploymentAddress, _ body: JSONValue, baseURL: String,
        locate: (ARMError) -> ARMError
    ) async throws -> UUID {
        let origin = origin(caller, baseURL)
        let result: JSONValue
        do {
            let request = try TemplateDeploymentRequest(reading: body)
            let (_, plan) = try await check(address, request, origin)
            let prediction = WhatIfPrediction(
                providers: providers, origin: origin, rights: try await access.rights(of: caller))
            result = try await prediction.result(plan.tree, request)
        } catch let error as ARMError {
            result = WhatIfPrediction.failure(locate(error))
        }
        let id = UUID()
        try await WhatIfResultStore(database).insert(
            id: id, subscription: address.scope.subscriptionID, caller: caller.objectID, result: result)
        return id
    }

    package func whatIfResult(caller: Caller, subscription: String, _ id: UUID) async throws -> JSONValue {
        guard
            let result = try await WhatIfResultStore(database).find(
                id: id, subscription: subscription, caller: caller.objectID)
        else {
            throw ARMError(.resourceNotFound, "The result '\(id.uuidString.lowercased())' is not there any more.")
        }
        return result
    }
}

extension DeploymentProgram {
    /// Region that the operation is counted to.
    fileprivate var location: String { context.resourceGroup?["location"]?.text ?? "" }
}
