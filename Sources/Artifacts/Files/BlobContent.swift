import Foundation
import Platform

/// A blob's content, or a range of it, as a sequence of chunks read on demand. Memory: one chunk.
///
/// Holds the file open, so it is complete and unchanged even if the blob is replaced or deleted meanwhile.
package struct BlobContent: AsyncSequence, Sendable {
    package typealias Element = [UInt8]

    private static let chunk = 256 << 10

    /// In bytes from the start of the content.
    package let range: Range<Int64>
    let file: DiskFile

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let file: DiskFile
        fileprivate var rest: Range<Int64>

        /// - Throws: `contentDamaged` when the file is shorter than its record says.
        package mutating func next() async throws -> [UInt8]? {
            guard !rest.isEmpty else { return nil }
            let (file, offset) = (file, rest.lowerBound)
            let wanted = Int(Swift.min(Int64(BlobContent.chunk), Int64(rest.count)))
            let bytes = try await DiskWork.run { try file.read(wanted, at: offset) }
            guard bytes.count == wanted else {
                throw ArtifactError(.contentDamaged, "The blob's content is shorter than recorded.")
            }
            rest = (offset + Int64(wanted))..<rest.upperBound
            return bytes
        }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(file: file, rest: range) }

    /// MD5 of the range, in Base64.
    package func md5() async throws -> String {
        let (file, range) = (file, range)
        let digests = try await DiskWork.run { try file.digests(of: range) }
        return Data(digests.md5).base64EncodedString()
    }
}

extension DiskFile {
    func digests(of range: Range<Int64>) throws(ArtifactError) -> (sha256: [UInt8], md5: [UInt8]) {
        let hasher = try ContentHasher()
        var offset = range.lowerBound
        while offset < range.upperBound {
            let bytes = try read(Int(min(1 << 20, range.upperBound - offset)), at: offset)
            if bytes.isEmpty { break }
            let outcome = bytes.withUnsafeBytes { raw in
                Result { () throws(ArtifactError) in try hasher.update(raw) }
            }
            try outcome.get()
            offset += Int64(bytes.count)
        }
        return try hasher.finish()
    }
}
