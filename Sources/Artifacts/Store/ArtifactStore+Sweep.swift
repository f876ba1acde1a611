import Foundation

/// What a sweep removed.
package struct ArtifactSweep: Sendable, Equatable {
    package var brokenUploads = 0
    package var expiredBlocks = 0
    package var orphanedContents = 0
}

extension ArtifactStore {
    /// Removes what killed processes and clients that gave up have left behind; call at start and now and then.
    /// Harmless while the store is in use, by other processes too.
    @discardableResult
    package func sweep() async throws -> ArtifactSweep {
        var sweep = ArtifactSweep()
        let now = now()
        let (incoming, trash) = (incoming, trash)
        let uploadLimit = now.addingTimeInterval(-limits.uploadLifetime.inSeconds)
        sweep.brokenUploads = try await DiskWork.run {
            for name in try Disk.names(in: trash) { try Disk.removeTree("\(trash)/\(name)") }
            return try Self.removeStale(in: incoming, before: uploadLimit)
        }
        for name in try await containerNames() {
            do {
                let index = try await index(of: name)
                sweep.expiredBlocks += try await index.removeBlocks(
                    idleSince: now.addingTimeInterval(-limits.blockLifetime.inSeconds))
                sweep.orphanedContents += try await index.removeOrphans()
                try await index.compact(temporary: "\(incoming)/\(UUID().uuidString.lowercased())")
            } catch let error as ArtifactError where error.code == .containerNotFound {
                continue  // deleted meanwhile
            }
        }
        return sweep
    }

    private static func removeStale(in directory: String, before limit: Date) throws -> Int {
        var removed = 0
        for name in try Disk.names(in: directory) {
            let path = "\(directory)/\(name)"
            guard let status = try Disk.status(path), status.modifiedAt < limit else { continue }
            try Disk.removeTree(path)
            removed += 1
        }
        return removed
    }
}

extension Duration {
    fileprivate var inSeconds: TimeInterval { TimeInterval(components.seconds) }
}
