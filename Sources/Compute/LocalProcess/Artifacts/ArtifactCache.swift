package import Foundation
import Glibc
import Identity
import Platform
package import Resources

/// Whether a reference turned out to name one file or a folder of files.
package enum FetchedArtifactKind: String, Sendable, Codable {
    case file
    case folder
}

/// Copies what a reference names from the artifact store into an existing, empty folder, and tells what it was.
///
/// A blob becomes `destination/{last component of its name}`; a folder's content goes directly under `destination`,
/// with the paths it has below the folder. Throws when the reference names nothing.
package typealias ArtifactFetch = @Sendable (ArtifactReference, _ destination: URL) async throws -> FetchedArtifactKind

/// Keeps fetched artifacts, one folder per reference (and layout), shared read-only by all replicas of the host.
///
/// An entry is fetched under a temporary name and renamed when it is whole, so what exists is complete.
final class ArtifactCache: Sendable {
    private let configuration: LocalProcessConfiguration
    private let fetch: ArtifactFetch
    private let fetches = SingleFlight()

    init(configuration: LocalProcessConfiguration, fetch: @escaping ArtifactFetch) {
        (self.configuration, self.fetch) = (configuration, fetch)
    }

    /// What a fetched artifact amounts to.
    struct Entry: Sendable, Codable {
        var kind: FetchedArtifactKind
        var files: Int
        var bytes: Int64
        var milliseconds: Int64
    }

    /// Those of the first layout can't be read by accounts of replicas.
    private static let layout = "layout 2"

    func key(of code: CodeSpecification) -> String {
        key([Self.layout, "code", code.artifact.container, code.artifact.path])
    }

    func key(of model: ModelSpecification) -> String {
        key([Self.layout, "model", model.artifact.container, model.artifact.path, model.name, model.version])
    }

    /// Folder that the code's files lie in.
    func folder(of code: CodeSpecification) -> URL {
        content(key(of: code))
    }

    /// `AZUREML_MODEL_DIR` of the model: `azureml-models/{name}/{version}`, as on Azure. A file lies directly in it, a
    /// folder keeps its name there.
    func folder(of model: ModelSpecification) -> URL {
        content(key(of: model)).appending(components: "azureml-models", model.name, model.version)
    }

    /// Makes sure the code is there. `isNew` tells whether it was fetched by this call.
    func obtain(_ code: CodeSpecification) async throws(ComputeError) -> (entry: Entry, isNew: Bool) {
        try await obtain(key(of: code), "code", code.artifact) { content in (content, nil) }
    }

    func obtain(_ model: ModelSpecification) async throws(ComputeError) -> (entry: Entry, isNew: Bool) {
        let label = "model \(model.name):\(model.version)"
        return try await obtain(key(of: model), label, model.artifact) { content in
            let folder = content.appending(components: "azureml-models", model.name, model.version)
            return (folder, model.artifact.path.split(separator: "/").last.map(String.init))
        }
    }

    func trim(keeping inUse: Set<String>) {
        cache.trim(keeping: inUse)
    }

    private var cache: CacheFolder {
        CacheFolder(folder: configuration.artifacts, limit: configuration.artifactCacheLimit)
    }

    private func key(_ parts: [String]) -> String {
        // A separator that no name holds keeps ("a", "bc") and ("ab", "c") apart.
        String(Digests.sha256Hex(parts.joined(separator: "\u{0}")).prefix(32))
    }

    private func content(_ key: String) -> URL {
        configuration.artifacts.appending(components: key, "content")
    }

    /// `layout` says where under the content the files go, and the name that a folder keeps there, if it keeps it.
    private func obtain(
        _ key: String, _ label: String, _ reference: ArtifactReference,
        layout: (URL) -> (destination: URL, folderName: String?)
    ) async throws(ComputeError) -> (entry: Entry, isNew: Bool) {
        if let entry = entry(key) {
            cache.touch(key)
            return (entry, false)
        }
        try await fetches.run(key) { () async throws(ComputeError) in
            if entry(key) != nil { return }
            let partial = configuration.artifacts.appending(path: ".\(key).\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: partial) }
            let (destination, folderName) = layout(partial.appending(path: "content"))
            try makeFolder(destination)
            try await bring(reference, label, into: destination, folderName: folderName, partial)
            if configuration.ownsAccounts { try await share(partial) }
            try publish(partial, as: key)
        }
        guard let entry = entry(key) else { throw ComputeError(.exhausted, "\(label) vanished while it was fetched") }
        return (entry, true)
    }

    private func bring(
        _ reference: ArtifactReference, _ label: String, into destination: URL, folderName: String?, _ partial: URL
    ) async throws(ComputeError) {
        let start = ContinuousClock.now
        let staging = partial.appending(path: "staging")
        try makeFolder(staging)
        var entry = Entry(kind: .folder, files: 0, bytes: 0, milliseconds: 0)
        do {
            entry.kind = try await fetch(reference, staging)
            let keepsName = entry.kind == .folder && folderName != nil
            let target = keepsName ? destination.appending(path: folderName ?? "") : destination
            // `rename` replaces an empty folder, and `destination` is empty.
            guard rename(staging.path(percentEncoded: false), target.path(percentEncoded: false)) == 0 else {
                throw POSIXError(.init(rawValue: errno) ?? .EIO)
            }
            (entry.files, entry.bytes) = try await DiskWork.run { try ArtifactCache.protect(target) }
            entry.milliseconds = Int64(start.duration(to: .now) / .milliseconds(1))
            try JSONEncoder().encode(entry).write(to: partial.appending(path: "entry.json"))
        } catch {
            if Task.isCancelled { throw .cancelled }
            throw ComputeError(.artifactMissing, "\(label) could not be fetched: \(error)")
        }
    }

    /// Lets the replicas' group, and no other account, read what was fetched. The files themselves may be the artifact
    /// store's own by hard links: they stay ours, and read-only.
    private func share(_ partial: URL) async throws(ComputeError) {
        let root = partial.path(percentEncoded: false)
        let group = configuration.accounts?.group ?? getegid()
        let problem = await DiskWork.run { ArtifactCache.share(root, with: group) }
        guard problem == 0 else {
            throw ComputeError(.exhausted, SpawnError("share a fetched artifact", errno: problem).description)
        }
    }

    /// Error number of the last failure, 0 for none.
    private static func share(_ root: String, with group: gid_t) -> Int32 {
        var problem = chown(root, uid_t.max, group) == 0 ? 0 : errno
        if chmod(root, 0o750) != 0 { problem = errno }
        for path in (try? FileManager.default.subpathsOfDirectory(atPath: root)) ?? [] {
            var status = stat()
            guard lstat("\(root)/\(path)", &status) == 0, status.st_mode & S_IFMT != S_IFLNK else { continue }
            let mode = status.st_mode & S_IFMT == S_IFDIR ? 0o755 : status.st_mode & 0o7777 | 0o444
            if status.st_mode & 0o7777 != mode, chmod("\(root)/\(path)", mode) != 0 { problem = errno }
        }
        return problem
    }

    /// Another process may have published the same meanwhile; then ours is dropped.
    private func publish(_ partial: URL, as key: String) throws(ComputeError) {
        let final = configuration.artifacts.appending(path: key)
        let result = rename(partial.path(percentEncoded: false), final.path(percentEncoded: false))
        if result != 0, errno != EEXIST, errno != ENOTEMPTY {
            throw ComputeError(.exhausted, "could not store a fetched artifact: \(String(cString: strerror(errno)))")
        }
    }

    private func entry(_ key: String) -> Entry? {
        // No entry file means not fetched.
        guard let data = try? Data(contentsOf: configuration.artifacts.appending(components: key, "entry.json")) else {
            return nil
        }
        return try? JSONDecoder().decode(Entry.self, from: data)
    }

    /// Takes the write permission from every file; counts files and bytes.
    private static func protect(_ folder: URL) throws -> (files: Int, bytes: Int64) {
        var files = 0
        var bytes: Int64 = 0
        let manager = FileManager.default
        let root = folder.path(percentEncoded: false)
        for path in try manager.subpathsOfDirectory(atPath: root) {
            let attributes = try manager.attributesOfItem(atPath: "\(root)/\(path)")
            guard attributes[.type] as? FileAttributeType == .typeRegular else { continue }
            files += 1
            bytes += (attributes[.size] as? NSNumber)?.int64Value ?? 0
            // Files may be hard links into the artifact store: those are read-only already and stay as they are.
            let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0o444
            guard mode & 0o222 != 0 else { continue }
            try manager.setAttributes([.posixPermissions: mode & ~0o222], ofItemAtPath: "\(root)/\(path)")
        }
        return (files, bytes)
    }
}
