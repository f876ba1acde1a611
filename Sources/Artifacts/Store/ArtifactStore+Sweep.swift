import Foundation
import Platform

/// What a sweep removed.
package struct ArtifactSweep: Sendable, Equatable {
    package var brokenUploads = 0
    package var expiredBlocks = 0
    package var orphanedContents = 0

    package init(brokenUploads: Int = 0, expiredBlocks: Int = 0, orphanedContents: Int = 0) {
        (self.brokenUploads, self.expiredBlocks) = (brokenUploads, expiredBlocks)
        self.orphanedContents = orphanedContents
    }
}

extension ArtifactStore {
    /// Removes what killed processes and clients that gave up have left behind; call at start and now and then.
    /// Harmless while the store is in use, by other processes too.
    @discardableResult
    package func sweep() async throws -> ArtifactSweep {
        var sweep = ArtifactSweep()
        sweep.brokenUploads = try await sweepUploads()
        for name in try await containerNames() {
            do {
                try await self.sweep(name, &sweep)
            } catch let error as ArtifactError where error.code == .containerNotFound {
                continue  // deleted meanwhile
            }
        }
        return sweep
    }

    /// The part of `sweep` that looks into no container: what a start can afford however many there are. Returns how
    /// many broken-off uploads were removed.
    @discardableResult
    package func sweepUploads() async throws -> Int {
        let (incoming, trash) = (incoming, trash)
        let limit = now().addingTimeInterval(-limits.uploadLifetime.inSeconds)
        return try await DiskWork.run {
            for name in try Disk.names(in: trash) { try Disk.removeTree("\(trash)/\(name)") }
            return try Self.removeStale(in: incoming, before: limit)
        }
    }

    /// Holds the index of this container alone, so that one journal is open at a time however many containers there are.
    private func sweep(_ name: ContainerName, _ sweep: inout ArtifactSweep) async throws {
        let index = try await index(of: name, isKept: false)
        sweep.expiredBlocks += try await index.removeBlocks(
            idleSince: now().addingTimeInterval(-limits.blockLifetime.inSeconds))
        sweep.orphanedContents += try await index.removeOrphans()
        try await index.compact(temporary: "\(incoming)/\(UUID().uuidString.lowercased())")
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
