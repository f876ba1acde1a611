import Foundation

/// Blobs put together from blocks.
extension ArtifactStore {
    /// Puts a block that a later block list may name; the blob itself does not change.
    ///
    /// - Throws: `containerNotFound`, `invalidBlockID`, `tooManyBlocks`, `bodyTooLarge`, `bodyTooShort`,
    ///   `md5Mismatch`, `insufficientSpace`, and whatever the body throws.
    package func putBlock<Body: AsyncSequence>(
        _ id: BlockID, of blob: BlobName, in container: ContainerName, body: Body, length: Int64? = nil,
        md5: String? = nil
    ) async throws -> StagedBlock where Body.Element: Collection<UInt8> {
        let index = try await index(of: container)
        return try await withWriter(limit: limits.blockSize) { writer in
            let content = try await write(body, length: length, md5: md5, limit: limits.blockSize, to: writer)
            try await index.placeBlock(id, of: blob, from: content.path, limit: limits.uncommittedBlocks)
            return StagedBlock(size: content.size, md5: content.md5)
        }
    }

    /// Makes the named blocks, in this order, the content of the blob, and drops its other uncommitted blocks.
    ///
    /// - Throws: `containerNotFound`, `invalidBlockList`, `blobAlreadyExists`, `conditionNotMet`,
    ///   `insufficientSpace`.
    @discardableResult
    package func putBlockList(
        _ references: [BlockReference], of blob: BlobName, in container: ContainerName,
        properties: BlobProperties = BlobProperties(), metadata: [String: String] = [:],
        conditions: BlobConditions = .none
    ) async throws -> BlobRecord {
        guard references.count <= limits.committedBlocks else {
            throw ArtifactError(.tooManyBlocks, "A blob may have \(limits.committedBlocks) blocks.")
        }
        let index = try await index(of: container)
        try await index.checkWrite(blob, conditions: conditions)
        let pieces = try await index.resolve(references, of: blob)
        try await checkSpace(for: pieces.reduce(0) { $0 + $1.block.size }, limit: .max)
        return try await withWriter(limit: .max) { writer in
            for piece in pieces {
                try await writer.append(contentsOf: piece.path, at: piece.offset, size: piece.block.size)
            }
            let content = try await writer.finish()
            let draft = BlobDraft(
                name: blob, properties: properties, metadata: metadata, conditions: conditions,
                blocks: pieces.map(\.block))
            return try await index.commit(draft, content: content, now: now())
        }
    }

    /// The blob, if it was committed, and its uncommitted blocks.
    ///
    /// - Throws: `containerNotFound`, `blobNotFound` when there is neither.
    package func blockList(of blob: BlobName, in container: ContainerName) async throws -> BlockList {
        let index = try await index(of: container)
        let record = try await index.find(blob)
        let uncommitted = try await index.uncommittedBlocks(of: blob)
        guard record != nil || !uncommitted.isEmpty else { throw ArtifactError.blobNotFound(blob) }
        return BlockList(record: record, uncommitted: uncommitted)
    }
}

package struct StagedBlock: Sendable, Equatable {
    /// In bytes.
    package var size: Int64
    /// Base64.
    package var md5: String
}

package struct BlockList: Sendable, Equatable {
    /// `nil` when no block list was committed yet.
    package var record: BlobRecord?
    package var uncommitted: [BlobRecord.Block]
    package var committed: [BlobRecord.Block] { record?.committedBlocks ?? [] }
}
