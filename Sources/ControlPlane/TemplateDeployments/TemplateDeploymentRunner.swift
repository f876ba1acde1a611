import Foundation
import Logging
import Postgres
import Resources
import Store
import Templates

/// Carries template deployments out, in passes: each does what can be done now, and notes what it waits for.
///
/// What was done stands in the steps of a deployment, with the operation that each waits for. A pass looks at those that
/// have ended, begins what may follow, and returns; the ends of the others wake the next. It may break off anywhere: a
/// resource that was being put is put again, which joins the operation that runs, or changes nothing.
package struct TemplateDeploymentRunner: Sendable {
    let database: Database
    let compiler: TemplateCompiler
    let access: AccessService
    let providers: ResourceProviders
    let time: TimeSource
    let runs = DeploymentRuns()
    private let vault: SecretVault
    private let logger: Logger
    /// Called when a step was begun and when it has ended. For tests that break off there.
    private let observe: @Sendable (TemplateDeploymentStep) async throws -> Void

    /// Resources of one template that are being put at once.
    private static let width = 32

    init(
        database: Database, compiler: TemplateCompiler, access: AccessService, providers: ResourceProviders,
        vault: SecretVault, time: TimeSource,
        observe: @escaping @Sendable (TemplateDeploymentStep) async throws -> Void,
        logger: Logger
    ) {
        (self.database, self.compiler, self.access) = (database, compiler, access)
        (self.providers, self.vault, self.time) = (providers, vault, time)
        (self.observe, self.logger) = (observe, logger)
    }

    /// Carries the deployment of an operation on. Throws `DeploymentFailed` when it has ended without success.
    func carryOn(_ operation: ResourceOperation) async throws -> StepOutcome {
        do {
            // The passes look at all that runs.
            _ = try await OperationWaitStore(database).takeEnded(waiter: operation.id)
            let outcome = try await pass(try await root(of: operation))
            if outcome == .done { try await end(operation.id) }
            return outcome
        } catch let error as ARMError {
            try await end(operation.id)
            throw error
        }
    }

    /// Nothing follows: what ended between the look at waits and the one at steps is waited for no more.
    private func end(_ operation: OperationID) async throws {
        runs.remove(operation)
        try await OperationWaitStore(database).clear(waiter: operation)
    }

    private func root(of operation: ResourceOperation) async throws -> DeploymentRun {
        if let known = runs.find(operation.id, operation.subjectID) { return known }
        let store = TemplateDeploymentStore(database)
        guard let deployment = try await store.find(id: operation.subjectID),
            let inputs = try await store.inputs(id: deployment.id)
        else { throw ARMError(.operationCanceled, "The deployment is gone.") }
        let origin = DeploymentOrigin(
            caller: Caller(
                objectID: inputs.callerObjectID, applicationID: inputs.callerApplicationID,
                correlationID: deployment.correlationID, waiter: operation.id),
            baseURL: inputs.baseURL, operationID: operation.id, startedAt: deployment.startedAt)
        let address = TemplateDeploymentAddress(
            scope: DeploymentScope(subscriptionID: deployment.subscription, resourceGroup: deployment.resourceGroup),
            name: deployment.name)
        let context = try await compiler.context(
            address, location: deployment.location, mode: deployment.mode.rawValue,
            link: deployment.request["templateLink"], origin, planned: PlannedResources())
        let bound = try vault.openParameters(inputs.sealedParameters, deploymentID: deployment.id)
        let program: DeploymentProgram
        do throws(TemplateProblems) {
            program = try DeploymentProgram(try Template(reading: inputs.template), bound: bound, context: context)
        } catch {
            throw error.error
        }
        let linked = Dictionary(
            inputs.linkedTemplates.members.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        return try await begin(program, deployment, origin, linked)
    }

    /// Marks a deployment as running, and expands its template.
    func begin(
        _ program: DeploymentProgram, _ deployment: TemplateDeployment, _ origin: DeploymentOrigin,
        _ linked: [String: JSONValue]
    ) async throws -> DeploymentRun {
        guard try await TemplateDeploymentStore(database).markRunning(id: deployment.id, at: time.now()) else {
            throw Self.ended
        }
        let expansion: Expansion
        do throws(TemplateProblems) {
            expansion = try program.expand()
        } catch {
            throw error.error
        }
        let run = DeploymentRun(
            deployment: deployment, origin: origin, linked: linked, expansion: expansion,
            graph: DeploymentGraph(expansion, providers))
        runs.insert(run)
        return run
    }

    // MARK: One deployment

    /// Does what can be done of a deployment now; done after its clean-up and its outputs. Throws `DeploymentFailed` when
    /// nothing runs any more and something has failed.
    func pass(_ run: DeploymentRun) async throws -> StepOutcome {
        let present = try await TemplateDeploymentStepStore(database).list(deploymentID: run.deployment.id)
        var steps = Dictionary(uniqueKeysWithValues: present.map { ($0.position, $0) })
        var outcome = StepOutcome.wait
        while true {
            let round = try await round(run, &steps)
            if round.hasAdvanced { outcome = .advanced }
            guard round.hasChanged else { break }
        }
        let progress = DeploymentProgress(run.graph, steps)
        guard progress.running.isEmpty else { return outcome }
        guard progress.failures.isEmpty else { throw Self.failed(run.deployment, progress.failures) }
        return try await finish(run, &steps) ? .done : outcome
    }

    /// Looks at what runs, begins what may follow, and puts it. Where steps have changed, another round may find more to
    /// do; it has advanced also where a nested deployment has.
    private func round(
        _ run: DeploymentRun, _ steps: inout [Int: TemplateDeploymentStep]
    ) async throws -> (hasChanged: Bool, hasAdvanced: Bool) {
        let settled = try await settle(DeploymentProgress(run.graph, steps).running, run)
        for step in settled { steps[step.position] = step }
        let begun = DeploymentProgress(run.graph, steps).next(width: Self.width).map { step(of: $0, run) }
        for step in begun { steps[step.position] = step }
        try await save(settled + begun, beginning: begun, run)
        let moved = try await move(DeploymentProgress(run.graph, steps).running, run)
        for (step, _) in moved { steps[step.position] = step }
        let changed = moved.filter { $0.outcome == .done }.map(\.step)
        try await save(changed, run)
        let hasChanged = !settled.isEmpty || !changed.isEmpty
        return (hasChanged, hasChanged || moved.contains { $0.outcome == .advanced })
    }

    private func step(of node: Int, _ run: DeploymentRun) -> TemplateDeploymentStep {
        let resource = run.graph.nodes[node].resource
        return TemplateDeploymentStep(
            deploymentID: run.deployment.id, position: node, kind: "Create", state: .running, target: resource.id,
            targetType: resource.type, targetName: resource.name, statusCode: "Accepted", startedAt: time.now(),
            changedAt: time.now())
    }

    /// Those whose operation has ended: with its end, or, where it was in their way, to be put again.
    private func settle(
        _ running: [TemplateDeploymentStep], _ run: DeploymentRun
    ) async throws -> [TemplateDeploymentStep] {
        let awaited = running.compactMap(\.awaited)
        let operations = try await OperationStore(database).list(awaited)
        let open = Set(operations.filter { !$0.state.isTerminal }.map(\.id))
        let byID = Dictionary(uniqueKeysWithValues: operations.map { ($0.id, $0) })
        let over = running.filter { step in step.awaited.map { !open.contains($0) } ?? false }
        return over.map { step in
            guard let wasMade = step.wasMade, let awaited = step.awaited else { return step.waiting(for: nil) }
            guard let operation = byID[awaited], operation.state != .succeeded else {
                return step.succeeded(wasMade: wasMade, at: time.now())
            }
            let cause = operation.error ?? ARMError(.internalServerError, "The operation ended without an error.")
            let error = Self.writeFailure(step.target ?? "", state: operation.state.wireStatus, cause)
            return step.failed(error, at: time.now())
        }
    }

    /// Puts what waits for nothing, and carries nested deployments on, all at once. A step is done when it is to be written.
    private func move(
        _ running: [TemplateDeploymentStep], _ run: DeploymentRun
    ) async throws -> [(step: TemplateDeploymentStep, outcome: StepOutcome)] {
        try await withThrowingTaskGroup(of: (step: TemplateDeploymentStep, outcome: StepOutcome).self) { group in
            for step in running where step.awaited == nil {
                let node = run.graph.nodes[step.position]
                group.addTask {
                    do {
                        guard node.resource.isDeployment else { return (try await put(step, node, run), .done) }
                        return try await carryOn(step, node.resource, run)
                    } catch let error as ARMError where error.code != .operationCanceled {
                        return (step.failed(error, at: time.now()), .done)
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    // MARK: Steps

    /// Writes steps. Those that begin are observed as those that end.
    func save(
        _ steps: [TemplateDeploymentStep], beginning: [TemplateDeploymentStep] = [], _ run: DeploymentRun
    ) async throws {
        guard !steps.isEmpty else { return }
        guard try await TemplateDeploymentStepStore(database).save(steps, operation: run.origin.operationID) else {
            throw Self.ended
        }
        for step in steps.filter({ $0.state != .running }) + beginning { try await observe(step) }
        for step in steps where step.state == .failed {
            logger.info(
                "a resource of a template failed",
                metadata: [
                    "resource.id": "\(step.target ?? "")", "error.code": "\(step.error?.code.rawValue ?? "")",
                    "deployment.id": "\(run.deployment.resourceID)",
                    "correlation.id": "\(run.deployment.correlationID)",
                ])
        }
    }

    /// The step as it waits for an operation, which is noted where it was not started for this deployment. That comes before
    /// the step is written: what is noted and not written is found by the next put.
    func waiting(
        _ step: TemplateDeploymentStep, for operation: ResourceOperation, wasMade: Bool? = nil, _ run: DeploymentRun
    ) async throws -> TemplateDeploymentStep {
        try await OperationWaitStore(database).add(operation, waiter: run.origin.operationID)
        return step.waiting(for: operation.id, wasMade: wasMade)
    }

    static let ended = ARMError(.operationCanceled, "The deployment was ended.")

    static func failed(_ deployment: TemplateDeployment, _ failures: [ARMError]) -> ARMError {
        ARMError(
            .deploymentFailed,
            "At least one resource deployment operation failed. Please list deployment operations for details. Please see "
                + "https://aka.ms/arm-deployment-operations for usage details.", target: deployment.resourceID,
            details: failures)
    }

    static func writeFailure(_ id: String, state: String, _ cause: ARMError?) -> ARMError {
        ARMError(
            .resourceDeploymentFailure,
            "The resource write operation failed to complete successfully, because it reached terminal provisioning "
                + "state '\(state)'.", target: id, details: cause.map { [$0] })
    }
}

extension TemplateDeploymentStep {
    func waiting(for operation: OperationID?, wasMade: Bool? = nil) -> Self {
        var step = self
        (step.awaited, step.wasMade) = (operation, wasMade)
        return step
    }

    func succeeded(wasMade: Bool, at date: Date) -> Self {
        var step = self
        (step.state, step.statusCode, step.changedAt) = (.succeeded, wasMade ? "Created" : "OK", date)
        return step
    }

    func failed(_ error: ARMError, at date: Date) -> Self {
        var step = self
        (step.state, step.statusCode, step.error, step.changedAt) = (.failed, error.code.status.name, error, date)
        return step
    }
}
