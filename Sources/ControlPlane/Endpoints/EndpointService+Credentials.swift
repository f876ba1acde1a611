package import Foundation
import Identity
import Postgres
package import Resources
import Store

/// A token that opens one endpoint (`EndpointAuthToken`).
package struct EndpointToken: Sendable, Equatable {
    package var accessToken: String
    /// Unix seconds.
    package var expiryTimeUtc: Int64
    package var refreshAfterTimeUtc: Int64
}

/// Keys and tokens of endpoints.
extension EndpointService {
    package func listKeys(caller: Caller, workspace: ResourceID, name: String) async throws -> EndpointKeys {
        let endpoint = try await get(caller: caller, workspace: workspace, name: name)
        return try await keyring.open(endpointID: endpoint.id, workspaceID: endpoint.workspaceID, database)
    }

    /// Replaces a key; the operation ends when no router takes the old one.
    package func regenerateKeys(
        caller: Caller, workspace: ResourceID, name: String, _ request: RegenerateKeysRequest
    ) async throws -> ResourceOperation {
        let operation = try await database.transaction { transaction in
            let workspace = try await WorkspaceService.find(workspace, transaction, isParent: true)
            guard
                let endpoint = try await EndpointStore(transaction).findForUpdate(workspaceID: workspace.id, name: name)
            else { throw EndpointService.notFound(name, isParent: false) }
            if let running = try await OperationStore(transaction).findRunning(subjectID: endpoint.id) {
                throw OperationStarter.conflict(running, "The endpoint '\(name)'")
            }
            try await keyring.replace(request, endpointID: endpoint.id, workspaceID: workspace.id, in: transaction)
            return try await starter.start(
                .regenerateKeys, endpoint, id: OperationID(), caller: caller, in: transaction)
        }
        hub.raise(.work)
        return operation
    }

    /// Signs a token for an endpoint with `AMLToken` authentication.
    package func createToken(
        caller: Caller, workspace: ResourceID, name: String, keys: KeyRing, settings: SignInSettings, now: Date
    ) async throws -> EndpointToken {
        let endpoint = try await get(caller: caller, workspace: workspace, name: name)
        let mode = endpoint.properties.authMode
        guard mode == .amlToken else {
            let instead = mode == .key ? "its keys" : "access tokens for \(SignInSettings.scoringAudience)"
            throw ARMError(
                .badArgument,
                "The endpoint '\(name)' has authMode \(mode.rawValue): it takes \(instead), no tokens of its own.")
        }
        let lifetime = TimeInterval(settings.endpointTokenLifetime.components.seconds)
        let expiresAt = now.addingTimeInterval(lifetime)
        let token = try keys.issuer.sign(
            TokenClaims(
                issuer: settings.issuer, audience: SignInSettings.scoringAudience,
                subject: endpoint.id.uuidString.lowercased(), tenantID: settings.tenantID, issuedAt: now,
                expiresAt: expiresAt))
        return EndpointToken(
            accessToken: token, expiryTimeUtc: Int64(expiresAt.timeIntervalSince1970),
            refreshAfterTimeUtc: Int64(now.addingTimeInterval(lifetime * 0.9).timeIntervalSince1970))
    }
}
