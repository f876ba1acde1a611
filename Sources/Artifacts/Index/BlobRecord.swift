package import Foundation

/// What is known of a blob: one line of its container's index.
package struct BlobRecord: Sendable, Codable, Equatable {
    /// A block of a blob that was put together from blocks, in the blob's order.
    package struct Block: Sendable, Codable, Equatable {
        package var id: BlockID
        package var size: Int64
    }

    package var name: BlobName
    /// Without quotes; new with each write of content, properties or metadata.
    package var etag: String
    package var createdAt: Date
    /// Whole seconds, as conditional headers compare.
    package var lastModified: Date
    /// In bytes.
    package var size: Int64
    /// Of the content, in hexadecimal.
    package var sha256: String
    package var properties: BlobProperties
    package var metadata: [String: String]
    /// Empty for a blob put in one piece.
    package var committedBlocks: [Block]
    /// The content's file; content is never changed, only replaced by other content.
    var contentFile: String
}

/// What the creator of a blob says about its content; stored and answered, never interpreted.
package struct BlobProperties: Sendable, Codable, Equatable {
    package var contentType: String
    package var contentEncoding: String?
    package var contentLanguage: String?
    package var contentDisposition: String?
    package var cacheControl: String?
    /// Base64. Set from the content where a blob is put in one piece, else as the client says.
    package var contentMD5: String?

    package static let defaultContentType = "application/octet-stream"

    package init(
        contentType: String? = nil, contentEncoding: String? = nil, contentLanguage: String? = nil,
        contentDisposition: String? = nil, cacheControl: String? = nil, contentMD5: String? = nil
    ) {
        self.contentType = contentType ?? Self.defaultContentType
        (self.contentEncoding, self.contentLanguage) = (contentEncoding, contentLanguage)
        (self.contentDisposition, self.cacheControl) = (contentDisposition, cacheControl)
        self.contentMD5 = contentMD5
    }
}

/// What is known of a container itself.
package struct ContainerRecord: Sendable, Codable, Equatable {
    package var name: String
    package var etag: String
    package var lastModified: Date
    package var metadata: [String: String]
}

/// The moment and tag of one write.
struct WriteStamp {
    let etag: String
    let at: Date

    init(now: Date) {
        etag = "0x" + String(UInt64.random(in: (1 << 60)...UInt64.max), radix: 16, uppercase: true)
        at = Date(timeIntervalSince1970: now.timeIntervalSince1970.rounded(.down))
    }
}
