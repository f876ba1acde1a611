import Foundation

/// All that makes a new blob but its content.
struct BlobDraft: Sendable {
    var name: BlobName
    var properties: BlobProperties
    var metadata: [String: String]
    var conditions: BlobConditions
    var blocks: [BlobRecord.Block] = []

    func record(content: StagedContent, stamp: WriteStamp, createdAt: Date) -> BlobRecord {
        BlobRecord(
            name: name, etag: stamp.etag, createdAt: createdAt, lastModified: stamp.at, size: content.size,
            sha256: content.sha256, properties: properties, metadata: metadata, committedBlocks: blocks,
            contentFile: UUID().uuidString.lowercased())
    }
}
