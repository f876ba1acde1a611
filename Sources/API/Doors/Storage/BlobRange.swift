import Artifacts

/// One byte range of a `Range` or `x-ms-range` header (RFC 9110 section 14.1.2).
enum BlobRange: Equatable {
    case from(Int64)
    case bounds(ClosedRange<Int64>)
    case suffix(Int64)

    /// - Throws: `InvalidHeaderValue` for several ranges or what is none.
    init(header: String) throws {
        let failure = StorageFailure.invalidHeader("Range")
        guard header.hasPrefix("bytes=") else { throw failure }
        let parts = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }) else {
            throw failure
        }
        switch (Int64(parts[0]), Int64(parts[1])) {
        case (let first?, let last?) where first <= last: self = .bounds(first...last)
        case (let first?, nil) where parts[1].isEmpty: self = .from(first)
        case (nil, let count?) where parts[0].isEmpty: self = .suffix(count)
        default: throw failure
        }
    }

    /// - Throws: `invalidRange` when no byte of the content is in it.
    func resolve(size: Int64) throws(ArtifactError) -> Range<Int64> {
        let range: Range<Int64> =
            switch self {
            case .from(let first): min(first, size)..<size
            case .bounds(let bounds): min(bounds.lowerBound, size)..<min(bounds.upperBound, size - 1) + 1
            case .suffix(let count): max(0, size - count)..<size
            }
        guard !range.isEmpty else {
            throw ArtifactError(.invalidRange, "The range specified is invalid for the current size of the resource.")
        }
        return range
    }
}
