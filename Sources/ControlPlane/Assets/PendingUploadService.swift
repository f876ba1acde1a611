import Artifacts
import Foundation
import Identity
import Postgres
package import Resources
import Store

/// Where a client may put files before it registers them.
package struct PendingUpload: Sendable, Equatable {
    package var id: String
    package var container: String
    /// Signed query of the container's URL, without a question mark. A secret until it expires.
    package var signature: String
}

/// Hands out containers with a signed URL (`startPendingUpload`).
package struct PendingUploadService: Sendable {
    let database: Database
    let artifacts: ArtifactStore
    let signer: ContainerSigner

    /// A container of its own for one version of an asset; asked again, the same one.
    package func start(
        caller: Caller, workspace: ResourceID, kind: AssetKind, name: String, version: String
    ) async throws -> PendingUpload {
        try ResourceName.checkAsset(name, kind: kind.noun)
        try ResourceName.checkAsset(version, kind: "\(kind.noun) version")
        let row = try await WorkspaceService.find(workspace, database, isParent: true)
        let text = "\(row.id)/\(kind.rawValue)/\(name.lowercased())/\(version.lowercased())"
        let container = try ContainerName("\(kind.noun)-\(Self.digest(text))")
        try await ContainerOwnership.claim(container, for: row, .version, database)
        try await artifacts.ensureContainer(container)
        return PendingUpload(
            id: UUID().uuidString.lowercased(), container: container.value,
            signature: try signer.sign(container, [.read, .create, .write, .list]))
    }

    /// 32 hexadecimal digits: part of a container's name, which may have 63 characters.
    private static func digest(_ text: String) -> String {
        String(Digests.sha256Hex(text).prefix(32))
    }
}
