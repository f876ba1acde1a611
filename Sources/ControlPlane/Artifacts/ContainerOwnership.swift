import Artifacts
import Foundation
import Postgres
import Resources
import Store

/// The border between workspaces in the artifact store: each container belongs to one.
enum ContainerOwnership {
    /// Takes a container for a workspace, if it is nobody else's.
    static func claim(
        _ container: ContainerName, for workspace: Workspace, _ purpose: ContainerPurpose, at path: String? = nil,
        _ runner: any StatementRunner
    ) async throws {
        let store = ArtifactContainerStore(runner)
        guard try await store.claim(container.value, workspaceID: workspace.id, purpose: purpose) else {
            throw foreign(container.value, at: path)
        }
    }

    /// Throws unless a container belongs to a workspace.
    static func check(_ container: String, in workspace: Workspace, _ runner: any StatementRunner) async throws {
        guard try await ArtifactContainerStore(runner).belongs(container, to: workspace.id) else {
            throw foreign(container, at: nil)
        }
    }

    private static func foreign(_ container: String, at path: String?) -> ARMError {
        ARMError(
            .badArgument, "The container '\(container.prefix(100))' does not belong to this workspace.", target: path)
    }
}
