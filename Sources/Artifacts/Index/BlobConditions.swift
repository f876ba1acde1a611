package import Foundation

/// The conditional headers of a request, evaluated against the blob as it is at that moment (RFC 9110 section 13,
/// with the Blob service's own responses).
package struct BlobConditions: Sendable, Equatable {
    package enum Tags: Sendable, Equatable {
        /// `*`: any version at all.
        case any
        /// Without quotes.
        case oneOf([String])

        func match(_ record: BlobRecord) -> Bool {
            switch self {
            case .any: true
            case .oneOf(let tags): tags.contains(record.etag)
            }
        }
    }

    package var ifMatch: Tags?
    package var ifNoneMatch: Tags?
    package var ifModifiedSince: Date?
    package var ifUnmodifiedSince: Date?

    package init(
        ifMatch: Tags? = nil, ifNoneMatch: Tags? = nil, ifModifiedSince: Date? = nil, ifUnmodifiedSince: Date? = nil
    ) {
        (self.ifMatch, self.ifNoneMatch) = (ifMatch, ifNoneMatch)
        (self.ifModifiedSince, self.ifUnmodifiedSince) = (ifModifiedSince, ifUnmodifiedSince)
    }

    package static let none = BlobConditions()
    /// Create, never replace.
    package static let ifAbsent = BlobConditions(ifNoneMatch: .any)

    /// - Throws: `blobAlreadyExists` when only a new blob was wanted, else `conditionNotMet`.
    func checkWrite(over record: BlobRecord?) throws(ArtifactError) {
        guard let record else {
            if ifMatch != nil { throw .conditionNotMet }
            return
        }
        if ifNoneMatch == .any { throw ArtifactError(.blobAlreadyExists, "The specified blob already exists.") }
        try checkRequirements(of: record)
        if isUnchanged(record) { throw .conditionNotMet }
    }

    /// - Throws: `conditionNotMet`, or `notModified` when the caller's copy is current.
    func checkRead(of record: BlobRecord) throws(ArtifactError) {
        try checkRequirements(of: record)
        if isUnchanged(record) { throw ArtifactError(.notModified, "The blob was not modified.") }
    }

    private func checkRequirements(of record: BlobRecord) throws(ArtifactError) {
        if let ifMatch, !ifMatch.match(record) { throw .conditionNotMet }
        if let ifUnmodifiedSince, record.lastModified > ifUnmodifiedSince { throw .conditionNotMet }
    }

    private func isUnchanged(_ record: BlobRecord) -> Bool {
        if let ifNoneMatch { return ifNoneMatch.match(record) }
        if let ifModifiedSince { return record.lastModified <= ifModifiedSince }
        return false
    }
}
