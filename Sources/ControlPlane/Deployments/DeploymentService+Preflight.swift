package import Resources
import Store

/// What templates ask before anything of them is written.
extension DeploymentService {
    /// Refuses more instances than there is quota for, before anything is written.
    package func checkQuota(
        caller: Caller, endpoint: ResourceID, name: String, _ request: OnlineDeploymentRequest
    ) async throws {
        let instance = try resolver.findInstance(request.properties)
        let existing = try await Self.findIfThere(name, under: endpoint, database)
        let demand = InstanceDemand(
            instanceType: instance.name,
            count: Self.wanted(request.properties, instanceCount: request.instanceCount, before: existing),
            limits: instance.limits)
        try await quota.check(demand, of: existing?.id, subscription: endpoint.subscription, database)
    }

    /// What a body's text means for deployments of an endpoint, which may be yet to be made.
    ///
    /// - Throws: `BadArgument`; for an asset of another place it names the place.
    package func reference(
        caller: Caller, _ text: String, _ kind: AssetKind, endpoint: ResourceID
    ) async throws -> AssetReference {
        let workspace = try await WorkspaceStore(database).find(endpoint)
        return try resolver.scope(endpoint.workspace, id: workspace?.id).reference(text, kind)
    }
}
