import Foundation
package import Postgres
package import Resources
import Store

/// Computes. A pool has no nodes before a job wants them, so that making one is done at once.
package struct ComputeService: NamedService {
    package let database: Database
    let instanceTypes: InstanceTypeCatalog

    /// Makes a compute, or changes one of the same kind.
    package func put(
        caller: Caller, workspace: ResourceID, name: String, _ request: ComputeRequest,
        if precondition: WritePrecondition
    ) async throws -> Written<ComputeResource> {
        try await write(workspace: workspace, name: name, if: precondition) { transaction, workspace, existing in
            try check(request.properties, over: existing)
            var envelope = request.envelope
            envelope.location = request.location ?? existing?.envelope.location ?? workspace.envelope.location
            if let existing {
                try WriteRules.checkLocation(existing.envelope.location, envelope.location, Self.subject(name))
                guard existing.envelope != envelope || existing.properties != request.properties else { return }
            }
            try await RowStore<ComputeResource>(transaction).save(
                id: existing?.id ?? UUID(), workspaceID: workspace.id, name: name, envelope, request.properties,
                by: caller.auditName)
        }
    }

    /// Changes how many nodes a pool may have.
    package func patch(
        caller: Caller, workspace: ResourceID, name: String, _ patch: ComputePatch, if precondition: WritePrecondition
    ) async throws -> Written<ComputeResource> {
        try await write(workspace: workspace, name: name, if: precondition) { transaction, workspace, existing in
            guard let existing else { throw Self.notFound(name) }
            guard existing.properties.pool != nil else {
                throw ARMError(
                    .badArgument, "\(Self.subject(name)) is an attached cluster, whose nodes are not scaled here.",
                    target: "$.properties.scaleSettings")
            }
            var properties = existing.properties
            properties.pool?.scaleSettings = patch.scaleSettings
            try await RowStore<ComputeResource>(transaction).save(
                id: existing.id, workspaceID: workspace.id, name: name, existing.envelope, properties,
                by: caller.auditName)
        }
    }

    package func checkDeletion(of compute: ComputeResource, in transaction: Transaction) async throws {
        guard let endpoint = try await RowStore<ComputeResource>(transaction).endpoint(on: compute.resourceID) else {
            return
        }
        throw ARMError(
            .conflict, "\(Self.subject(compute.name)) has endpoints, such as '\(endpoint)'; delete them first.")
    }

    /// Throws unless the instance type of a pool is known here, and the kind is the stored one.
    package func check(_ properties: ComputeProperties, over stored: ComputeResource?) throws(ARMError) {
        if let size = properties.pool?.vmSize {
            do {
                _ = try instanceTypes.find(size)
            } catch {
                throw ARMError(error.code, error.message, target: "$.properties.properties.vmSize")
            }
        }
        guard let stored, stored.properties.computeType != properties.computeType else { return }
        throw ARMError(
            .badArgument,
            "\(Self.subject(stored.name)) is of the type \(stored.properties.computeType.rawValue), which can't change.",
            target: "$.properties.computeType")
    }
}
