import Foundation
import Platform

/// Bringing a body to the disk before anybody may see it.
extension ArtifactStore {
    /// How much of a body is gathered before it is handed to the disk.
    private static let batch = 512 << 10

    /// Runs `use` with a writer whose file is gone afterwards unless it was moved to its place.
    func withWriter<Value>(
        limit: Int64, _ use: (ContentWriter) async throws -> Value
    ) async throws -> Value {
        let writer = ContentWriter(directory: incoming, limit: limit)
        do {
            let value = try await use(writer)
            await writer.discard()
            return value
        } catch {
            await writer.discard()
            throw error
        }
    }

    /// Writes a whole body.
    ///
    /// - Parameters:
    ///   - length: what the sender announced; `nil` if it did not.
    ///   - md5: Base64 of what the content must have.
    /// - Throws: `bodyTooLarge`, `bodyTooShort`, `md5Mismatch`, `insufficientSpace`, and whatever the body throws.
    func write<Body: AsyncSequence>(
        _ body: Body, length: Int64?, md5: String?, limit: Int64, to writer: ContentWriter
    ) async throws -> StagedContent where Body.Element: Collection<UInt8> {
        try await checkSpace(for: length ?? 0, limit: limit)
        var gathered: [UInt8] = []
        for try await chunk in body {
            gathered.append(contentsOf: chunk)
            if gathered.count >= Self.batch {
                try await writer.append(gathered)
                gathered.removeAll(keepingCapacity: false)
            }
        }
        if !gathered.isEmpty { try await writer.append(gathered) }
        let content = try await writer.finish()
        if let length, content.size != length {
            throw ArtifactError(.bodyTooShort, "The body has \(content.size) bytes where \(length) were announced.")
        }
        if let md5, md5 != content.md5 {
            throw ArtifactError(.md5Mismatch, "The MD5 of the body is not the one specified.")
        }
        return content
    }

    func checkSpace(for length: Int64, limit: Int64) async throws {
        guard length <= limit else {
            throw ArtifactError(.bodyTooLarge, "The body exceeds the limit of \(limit) bytes.")
        }
        let (path, reserve) = (incoming, limits.reservedSpace)
        let available = try await DiskWork.run { try Disk.availableBytes(at: path) }
        guard available - reserve >= length else {
            throw ArtifactError(.insufficientSpace, "The artifact store is full.", context: "\(available) bytes left")
        }
    }
}
