import Compute
import Foundation
import Postgres
import Resources
import Store

/// Turns what a deployment asks for into what a compute backend can start: every reference looked up, every problem named.
package struct SpecificationResolver: Sendable {
    let locator: ArtifactLocator
    let instanceTypes: InstanceTypeCatalog
    let backend: any ComputeBackend
    var storage = StorageAddress()

    /// What references of deployments in a workspace may name.
    func scope(_ workspace: ResourceID, id: UUID?) -> AssetScope {
        AssetScope(workspace: workspace, workspaceID: id, storage: storage)
    }

    private func scope(_ workspace: Workspace) -> AssetScope { scope(workspace.resourceID, id: workspace.id) }

    /// Throws one error that lists all problems, each with the JSON path of its cause.
    func resolve(
        _ request: OnlineDeploymentRequest, name: String, endpoint: OnlineEndpoint, workspace: Workspace,
        generation: Int64, _ runner: any StatementRunner
    ) async throws -> ReplicaSpecification {
        var problems: [ARMError] = []
        let properties = request.properties
        let code = try await collect(&problems, at: "$.properties.codeConfiguration.codeId") {
            try await findCode(properties, in: workspace, runner)
        }
        let model = try await collect(&problems, at: "$.properties.model") {
            try await findModel(properties, in: workspace, runner)
        }
        let environment = try await collect(&problems, at: "$.properties.environmentId") {
            try await findEnvironment(properties, model: model ?? nil, in: workspace, runner)
        }
        let instance = try await collect(&problems, at: "$.properties.instanceType") { try findInstance(properties) }
        guard problems.isEmpty, let environment, let instance else { throw Self.error(listing: problems, name: name) }
        let specification = ReplicaSpecification(
            endpoint: endpoint.name, deployment: name, generation: generation, environment: environment,
            code: code ?? nil,
            model: model ?? nil, environmentVariables: properties.environmentVariables,
            instanceType: instance.name, resources: instance.limits,
            livenessProbe: properties.livenessProbe.probe, readinessProbe: properties.readinessProbe.probe,
            maxConcurrentRequests: properties.requestSettings.maxConcurrentRequestsPerInstance,
            requestTimeoutMs: properties.requestSettings.requestTimeout.milliseconds,
            dataCollections: properties.dataCollector?.enabledRates ?? [:])
        do throws(ComputeError) {
            try backend.check(specification)
        } catch {
            throw ARMError(
                .badArgument, "The deployment '\(name)' can't run here: \(error.message)", target: "$.properties")
        }
        return specification
    }

    private func collect<Value>(
        _ problems: inout [ARMError], at path: String, _ find: () async throws -> Value
    ) async throws -> Value? {
        do {
            return try await find()
        } catch var error as ARMError {
            error.target = path
            problems.append(error)
            return nil
        }
    }

    /// The environment that is named, or the one that an MLflow model without a scoring script brings.
    private func findEnvironment(
        _ properties: OnlineDeploymentProperties, model: ModelSpecification?, in workspace: Workspace,
        _ runner: any StatementRunner
    ) async throws -> EnvironmentSpecification {
        guard let text = properties.environmentId, !text.isEmpty else {
            if properties.codeConfiguration == nil, let model {
                if model.kind == .mlflow { return try await environment(of: model) }
                if let folder = try await folderOfMLmodel(in: model) {
                    throw ARMError(
                        .badArgument, "is required, for the model \(label(model)) is none of MLflow's: \(folder)")
                }
            }
            throw ARMError(.badArgument, "is required: the environment that the scoring script runs in")
        }
        let reference = try scope(workspace).reference(text, .environment)
        let version = try await locator.findVersion(reference, kind: .environment, in: workspace, runner)
        guard case .environment(let content) = version.content else {
            throw ARMError(.badArgument, "'\(text)' is not an environment")
        }
        guard content.build == nil else {
            throw ARMError(.badArgument, "the environment is built from a Dockerfile, which needs a container backend")
        }
        return EnvironmentSpecification(
            label: "\(version.name):\(version.versionName)", image: content.image, condaFile: content.condaFile)
    }

    /// What the model's own files ask for.
    private func environment(of model: ModelSpecification) async throws -> EnvironmentSpecification {
        let limit = MLflowModel.fileLimit
        guard let text = try await locator.readText(MLflowModel.fileName, in: model.artifact, limit: limit) else {
            let folder = try await folderOfMLmodel(in: model) ?? "its files hold no \(MLflowModel.fileName)"
            throw ARMError(
                .badArgument, "is required: the model \(label(model)) is of type mlflow_model, but \(folder)")
        }
        let described: MLflowModel
        do throws(ComputeError) {
            described = try MLflowModel(text)
        } catch {
            throw ARMError(.badArgument, error.message)
        }
        if let conda = try await locator.readText(described.condaFile, in: model.artifact, limit: limit) {
            return EnvironmentSpecification(label: "of the model \(label(model))", image: nil, condaFile: conda)
        }
        let requirements = try await locator.readText(MLflowModel.requirementsFile, in: model.artifact, limit: limit)
        return EnvironmentSpecification(
            label: "of the model \(label(model))", image: nil,
            condaFile: MLflowModel.condaFile(requirements: requirements ?? ""))
    }

    private func label(_ model: ModelSpecification) -> String { "\(model.name):\(model.version)" }

    /// Where else than at the top of a model's files its MLmodel is, and what to do about it; nil when it is nowhere.
    private func folderOfMLmodel(in model: ModelSpecification) async throws -> String? {
        let file = MLflowModel.fileName
        if model.artifact.path.split(separator: "/").last == file[...] {
            return "its path is the file \(file) alone; register the folder that holds it"
        }
        let folders = try await locator.folders(holding: file, in: model.artifact)
        guard let first = folders.first else { return nil }
        let others = folders.count > 1 ? " (and \(folders.count - 1) more)" : ""
        return "its \(file) is in the folder '\(first)'\(others), not at the top of its path; register a version whose "
            + "path ends with that folder"
    }

    private func findCode(
        _ properties: OnlineDeploymentProperties, in workspace: Workspace, _ runner: any StatementRunner
    ) async throws -> CodeSpecification? {
        guard let configuration = properties.codeConfiguration else { return nil }
        guard let text = configuration.codeId, !text.isEmpty else {
            throw ARMError(.badArgument, "is required: the code that holds \(configuration.scoringScript)")
        }
        let reference = try scope(workspace).reference(text, .code)
        var uri = text
        if case .registered = reference {
            let version = try await locator.findVersion(reference, kind: .code, in: workspace, runner)
            guard case .code(let content) = version.content else {
                throw ARMError(.badArgument, "'\(text)' is not code")
            }
            uri = content.codeUri
            // What was registered before places were checked.
            try scope(workspace).check(uri, .code)
        }
        return CodeSpecification(
            artifact: try await locator.locate(uri, kind: .code, in: workspace, runner),
            scoringScript: configuration.scoringScript)
    }

    private func findModel(
        _ properties: OnlineDeploymentProperties, in workspace: Workspace, _ runner: any StatementRunner
    ) async throws -> ModelSpecification? {
        guard let text = properties.model else { return nil }
        let reference = try scope(workspace).reference(text, .model)
        guard case .registered = reference else {
            let place = try await locator.locate(text, kind: .model, in: workspace, runner)
            return try await recognised(
                ModelSpecification(name: "inline", version: "1", kind: .custom, artifact: place), properties)
        }
        let version = try await locator.findVersion(reference, kind: .model, in: workspace, runner)
        guard case .model(let content) = version.content else {
            throw ARMError(.badArgument, "'\(text)' is not a model")
        }
        try scope(workspace).check(content.modelUri, .model)
        return try await recognised(
            ModelSpecification(
                name: version.name, version: version.versionName,
                kind: ModelSpecification.Kind(rawValue: content.modelType) ?? .custom,
                artifact: try await locator.locate(content.modelUri, kind: .model, in: workspace, runner)), properties)
    }

    /// A model without a scoring script is served as what its files are: MLflow's own writers put an MLmodel beside
    /// them, and published samples leave the type out.
    private func recognised(
        _ model: ModelSpecification, _ properties: OnlineDeploymentProperties
    ) async throws -> ModelSpecification {
        guard model.kind == .custom, properties.codeConfiguration == nil,
            try await locator.readText(MLflowModel.fileName, in: model.artifact, limit: MLflowModel.fileLimit) != nil
        else { return model }
        var model = model
        model.kind = .mlflow
        return model
    }

    /// Managed deployments have the limits of their instance type. Kubernetes deployments state them, and their
    /// instance types are the cluster's own.
    func findInstance(
        _ properties: OnlineDeploymentProperties
    ) throws -> (name: String, limits: ResourceLimits) {
        guard properties.endpointComputeType == .managed else {
            let stated = properties.containerResourceRequirements?.containerResourceLimits
            return (
                properties.instanceType ?? Self.kubernetesInstanceType,
                stated?.limits ?? ResourceLimits(cpuMillicores: 0, memoryBytes: 0)
            )
        }
        let type = try instanceTypes.find(properties.instanceType ?? InstanceTypeCatalog.defaultName)
        return (type.name, type.limits)
    }

    /// What Azure's extension calls the instance type that a cluster always has.
    private static let kubernetesInstanceType = "defaultinstancetype"

    private static func error(listing problems: [ARMError], name: String) -> ARMError {
        guard problems.count > 1 else {
            var single = problems.first ?? ARMError(.internalServerError, "The deployment could not be resolved.")
            single.code = .badArgument
            single.message = "The deployment '\(name)' is not valid: \(single.target ?? "") \(single.message)."
            return single
        }
        return ARMError(
            .badArgument, "The deployment '\(name)' has \(problems.count) problems; see details.", details: problems)
    }
}
