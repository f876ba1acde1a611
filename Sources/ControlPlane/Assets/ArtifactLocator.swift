import Artifacts
import Foundation
import Postgres
import Resources
import Store

/// Finds what a reference in a deployment's body means: a registered version, or a place in the artifact store.
package struct ArtifactLocator: Sendable {
    let artifacts: ArtifactStore
    let signer: ContainerSigner

    /// The registered version that a reference names.
    func findVersion(
        _ reference: AssetReference, kind: AssetKind, in workspace: Workspace, _ runner: any StatementRunner
    ) async throws -> AssetVersion {
        guard case .registered(let name, let version, let label) = reference else {
            throw ARMError(.badArgument, "the reference does not name a registered \(kind.noun)")
        }
        let store = AssetStore(runner)
        let found: AssetVersion?
        if let version {
            found = try await store.findVersion(workspaceID: workspace.id, kind: kind, name: name, version: version)
        } else if label?.lowercased() == "latest" {
            found = try await store.findLatest(workspaceID: workspace.id, kind: kind, name: name)
        } else {
            throw ARMError(.badArgument, "'\(label ?? "")' is no label of a \(kind.noun); only latest is")
        }
        guard let found else {
            let isCurated = kind == .environment && name.lowercased().hasPrefix("azureml-")
            throw ARMError(
                .resourceNotFound,
                "the \(kind.noun) '\(name):\(version ?? "latest")' is not registered in the workspace"
                    + (isCurated ? "; Azure's curated environments are not here, register one with a conda file" : ""))
        }
        return found
    }

    /// The place that a URI of a version or of a body means; it must hold something, and belong to the workspace unless
    /// the URI carries a signature that opens it.
    func locate(
        _ uri: String, kind: AssetKind, in workspace: Workspace, _ runner: any StatementRunner
    ) async throws -> ArtifactReference {
        guard let reference = AssetReference(uri, kind: kind) else {
            throw ARMError(.badArgument, "'\(uri)' is neither a datastore path nor a blob URL")
        }
        let place: ArtifactReference
        switch reference {
        case .registered:
            throw ARMError(.badArgument, "'\(uri)' names another asset, where a path is needed")
        case .datastorePath(let datastore, let path):
            let found = try await DatastoreService.find(datastore, in: workspace, runner)
            place = ArtifactReference(container: found.properties.containerName, path: Self.trimmed(path))
        case .blobURL(let url):
            guard let parsed = Self.parseBlobURL(url) else {
                throw ARMError(.badArgument, "'\(url)' is not the URL of a blob or folder in the artifact store")
            }
            place = parsed
        }
        // The specification that names it is written by the same transaction.
        _ = try await ArtifactContainerStore(runner).hold(place.container)
        if !isSigned(uri, for: place) {
            try await ContainerOwnership.check(place.container, in: workspace, runner)
        }
        guard let container = try? ContainerName(place.container),  // no container has a name that is not valid
            try await artifacts.exists(place.path, in: container) != nil
        else {
            throw ARMError(.resourceNotFound, "nothing is stored at '\(uri)'; upload the files first")
        }
        return place
    }

    private func isSigned(_ uri: String, for place: ArtifactReference) -> Bool {
        guard let query = URLComponents(string: uri)?.queryItems else { return false }
        return signer.opens(place, query: query)
    }

    /// A small file below a place, as text; nil when it is not there. Throws for one of more than `limit` bytes.
    func readText(_ name: String, in place: ArtifactReference, limit: Int) async throws -> String? {
        let path = place.path.isEmpty ? name : "\(place.path)/\(name)"
        let content: BlobContent
        do {
            content = try await artifacts.get(try BlobName(path), in: try ContainerName(place.container)).content
        } catch let error as ArtifactError where error.code == .blobNotFound {
            return nil
        }
        guard content.range.count <= limit else {
            throw ARMError(.badArgument, "the file \(name) has more than \(limit) bytes")
        }
        var bytes: [UInt8] = []
        for try await chunk in content { bytes += chunk }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Folders below a place that hold a file of that name, relative to it; looks at a page of files.
    func folders(holding name: String, in place: ArtifactReference) async throws -> [String] {
        let prefix = place.path.isEmpty ? "" : "\(place.path)/"
        let page = try await artifacts.list(try ContainerName(place.container), try .init(prefix: prefix))
        return page.items.compactMap { item in
            guard case .blob(let record) = item, record.name.value.hasSuffix("/\(name)") else { return nil }
            return String(record.name.value.dropFirst(prefix.count).dropLast(name.count + 1))
        }
    }

    /// Container and path of `https://host[:port]/{account}/{container}/{path}`, or of a host-style
    /// `https://{account}.blob.{suffix}/{container}/{path}`, with or without a signed query.
    static func parseBlobURL(_ text: String) -> ArtifactReference? {
        guard let url = URLComponents(string: text), let host = url.host else { return nil }
        var parts = url.path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        let isHostStyle = host.contains(".blob.")
        // A path-style URL that some clients shorten lacks the account: then the first part is the container.
        let names = AssetKind.allCases.map { "\($0.noun)-" } + [Workspace.blobContainerPrefix]
        let startsWithContainer = parts.first.map { first in names.contains { first.hasPrefix($0) } } ?? false
        if !isHostStyle, !startsWithContainer { parts = Array(parts.dropFirst()) }
        guard let container = parts.first else { return nil }
        return ArtifactReference(container: container, path: parts.dropFirst().joined(separator: "/"))
    }

    private static func trimmed(_ path: String) -> String {
        path.hasSuffix("/") ? String(path.dropLast()) : path
    }
}
