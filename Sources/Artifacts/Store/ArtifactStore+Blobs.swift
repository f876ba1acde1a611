import Foundation
import Platform

/// Whole blobs.
extension ArtifactStore {
    /// Puts a blob in one piece.
    ///
    /// - Parameters:
    ///   - body: chunks of the content; taken at the speed of the disk.
    ///   - length: the announced number of bytes, checked.
    ///   - md5: Base64, checked.
    /// - Throws: `containerNotFound`, `blobAlreadyExists`, `conditionNotMet`, `bodyTooLarge`, `bodyTooShort`,
    ///   `md5Mismatch`, `insufficientSpace`, and whatever the body throws; then nothing has changed.
    @discardableResult
    package func put<Body: AsyncSequence>(
        _ blob: BlobName, in container: ContainerName, body: Body, length: Int64? = nil, md5: String? = nil,
        properties: BlobProperties = BlobProperties(), metadata: [String: String] = [:],
        conditions: BlobConditions = .none
    ) async throws -> BlobRecord where Body.Element: Collection<UInt8> {
        let index = try await index(of: container)
        // Also checked with the commit; here so as not to take gigabytes in vain.
        try await index.checkWrite(blob, conditions: conditions)
        return try await withWriter(limit: limits.blobSize) { writer in
            let content = try await write(body, length: length, md5: md5, limit: limits.blobSize, to: writer)
            var draft = BlobDraft(name: blob, properties: properties, metadata: metadata, conditions: conditions)
            draft.properties.contentMD5 = content.md5
            return try await index.commit(draft, content: content, now: now())
        }
    }

    /// Puts a blob that is in memory.
    @discardableResult
    package func put(
        _ blob: BlobName, in container: ContainerName, bytes: [UInt8], properties: BlobProperties = BlobProperties(),
        metadata: [String: String] = [:], conditions: BlobConditions = .none
    ) async throws -> BlobRecord {
        let body = AsyncStream([UInt8].self) { continuation in
            continuation.yield(bytes)
            continuation.finish()
        }
        return try await put(
            blob, in: container, body: body, length: Int64(bytes.count), properties: properties, metadata: metadata,
            conditions: conditions)
    }

    /// - Throws: `containerNotFound`, `blobNotFound`, `conditionNotMet`, `notModified`.
    package func properties(
        of blob: BlobName, in container: ContainerName, conditions: BlobConditions = .none
    ) async throws -> BlobRecord {
        try await index(of: container).record(of: blob, conditions: conditions)
    }

    /// A blob and its content.
    ///
    /// - Throws: as `properties`, and `contentDamaged`.
    package func get(
        _ blob: BlobName, in container: ContainerName, conditions: BlobConditions = .none
    ) async throws -> (record: BlobRecord, content: BlobContent) {
        try await get(blob, in: container, conditions: conditions) { 0..<$0 }
    }

    /// A blob and a range of its content.
    ///
    /// - Parameter range: from the blob's size to the bytes wanted, or an error such as `invalidRange`.
    package func get(
        _ blob: BlobName, in container: ContainerName, conditions: BlobConditions = .none,
        range: (Int64) throws(ArtifactError) -> Range<Int64>
    ) async throws -> (record: BlobRecord, content: BlobContent) {
        let (record, file) = try await index(of: container).open(blob, conditions: conditions)
        return (record, BlobContent(range: try range(record.size).clamped(to: 0..<record.size), file: file))
    }

    /// Replaces the metadata.
    ///
    /// - Throws: `containerNotFound`, `blobNotFound`, `conditionNotMet`.
    @discardableResult
    package func setMetadata(
        _ metadata: [String: String], of blob: BlobName, in container: ContainerName,
        conditions: BlobConditions = .none
    ) async throws -> BlobRecord {
        try await index(of: container).update(blob, conditions: conditions, now: now()) { $0.metadata = metadata }
    }

    /// Replaces the properties.
    ///
    /// - Throws: `containerNotFound`, `blobNotFound`, `conditionNotMet`.
    @discardableResult
    package func setProperties(
        _ properties: BlobProperties, of blob: BlobName, in container: ContainerName,
        conditions: BlobConditions = .none
    ) async throws -> BlobRecord {
        try await index(of: container).update(blob, conditions: conditions, now: now()) {
            $0.properties = properties
        }
    }

    /// Removes a blob and its uncommitted blocks.
    ///
    /// - Throws: `containerNotFound`, `blobNotFound`, `conditionNotMet`.
    package func delete(
        _ blob: BlobName, in container: ContainerName, conditions: BlobConditions = .none
    ) async throws {
        try await index(of: container).remove(blob, conditions: conditions)
    }

    /// - Throws: `containerNotFound`.
    package func list(_ container: ContainerName, _ query: BlobListing.Query) async throws -> BlobListing {
        try await index(of: container).list(query)
    }

    /// Copies a blob within the store without copying its bytes where the file system has hard links.
    ///
    /// - Parameter metadata: replaces the source's when not `nil`.
    /// - Throws: `containerNotFound`, `blobNotFound`, `blobAlreadyExists`, `conditionNotMet`, `insufficientSpace`.
    @discardableResult
    package func copy(
        _ source: BlobName, in sourceContainer: ContainerName, to target: BlobName, in targetContainer: ContainerName,
        metadata: [String: String]? = nil, sourceConditions: BlobConditions = .none,
        conditions: BlobConditions = .none
    ) async throws -> BlobRecord {
        let from = try await index(of: sourceContainer)
        let to = try await index(of: targetContainer)
        try await to.checkWrite(target, conditions: conditions)
        let staged = "\(incoming)/\(UUID().uuidString.lowercased())"
        let record = try await from.duplicate(source, conditions: sourceConditions, to: staged)
        let content = StagedContent(
            path: staged, size: record.size, sha256: record.sha256, md5: record.properties.contentMD5 ?? "")
        let draft = BlobDraft(
            name: target, properties: record.properties, metadata: metadata ?? record.metadata,
            conditions: conditions, blocks: record.committedBlocks)
        do {
            return try await to.commit(draft, content: content, now: now())
        } catch {
            await from.discard(staged)
            throw error
        }
    }

    /// Reads a blob's content again and compares it with its recorded digest.
    ///
    /// - Throws: `containerNotFound`, `blobNotFound`, `contentDamaged`.
    package func verify(_ blob: BlobName, in container: ContainerName) async throws {
        let (record, file) = try await index(of: container).open(blob)
        let digest = try await DiskWork.run { try file.digests(of: 0..<Int64.max).sha256 }
        guard Hexadecimal.encode(digest) == record.sha256 else {
            throw ArtifactError(.contentDamaged, "The content of '\(blob)' is not what was written.")
        }
    }
}
