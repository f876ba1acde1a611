/// Why the artifact store refused or failed: a code to switch over and a message fit for the caller.
///
/// `context` holds what only the log may see: system call, errno, file.
package struct ArtifactError: Error, Sendable, Equatable {
    package enum Code: String, Sendable, CaseIterable {
        case invalidContainerName, containerNotFound, containerAlreadyExists
        case invalidBlobName, blobNotFound, blobAlreadyExists
        /// A conditional header forbids the write, or a read that must see one certain version.
        case conditionNotMet
        /// A conditional header says that the caller's copy is current.
        case notModified
        case invalidRange, invalidMarker
        case md5Mismatch
        /// The body ended before its announced length.
        case bodyTooShort
        case bodyTooLarge
        case invalidBlockID, invalidBlockList, tooManyBlocks
        case insufficientSpace
        /// Nothing is stored at, or below, the path asked for.
        case artifactMissing
        /// A blob's name can't become a file name below the directory asked for.
        case unsafePath
        /// Content no longer has the digest that was recorded when it was written.
        case contentDamaged
        /// A complete line of a container's index can't be read.
        case indexDamaged
        case inputOutputFailed
    }

    package var code: Code
    package var message: String
    /// For the log only; may be empty.
    package var context: String

    package init(_ code: Code, _ message: String, context: String = "") {
        (self.code, self.message, self.context) = (code, message, context)
    }

    /// Whether the same call may succeed later unchanged.
    package var isWorthRetrying: Bool {
        switch code {
        case .insufficientSpace, .inputOutputFailed: true
        default: false
        }
    }
}

extension ArtifactError: CustomStringConvertible {
    package var description: String { "\(code.rawValue): \(message)" }
}

extension ArtifactError {
    static func containerNotFound(_ name: ContainerName) -> ArtifactError {
        ArtifactError(.containerNotFound, "The container '\(name)' does not exist.")
    }

    static func blobNotFound(_ name: BlobName) -> ArtifactError {
        ArtifactError(.blobNotFound, "The blob '\(name)' does not exist.")
    }

    static var conditionNotMet: ArtifactError {
        ArtifactError(.conditionNotMet, "The condition given by conditional headers is not met.")
    }
}
