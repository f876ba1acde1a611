import Artifacts
import HTTPTypes

/// A refusal in the Blob service's words: its error code, a message and the status.
struct StorageFailure: Error, Equatable {
    var status: HTTPResponse.Status
    var code: String
    var message: String
    /// For the log only.
    var context = ""

    init(_ status: HTTPResponse.Status, _ code: String, _ message: String, context: String = "") {
        (self.status, self.code, self.message, self.context) = (status, code, message, context)
    }

    /// What part of a request asks for something that is not there.
    enum Part: String {
        case header = "UnsupportedHeader"
        case query = "UnsupportedQueryParameter"
    }

    static func notSupported(_ what: String, in part: Part) -> StorageFailure {
        StorageFailure(.badRequest, part.rawValue, "This store does not support \(what).")
    }

    static func invalidHeader(_ name: String) -> StorageFailure {
        StorageFailure(.badRequest, "InvalidHeaderValue", "The value of the header \(name) is not valid.")
    }

    static func invalidQuery(_ name: String) -> StorageFailure {
        StorageFailure(
            .badRequest, "InvalidQueryParameterValue", "The value of the query parameter \(name) is not valid.")
    }

    static let unauthenticated = StorageFailure(
        .unauthorized, "NoAuthenticationInformation", "The request carries no authentication.")
}

extension StorageFailure {
    init(_ error: SignatureError) { self.init(.forbidden, error.code.rawValue, error.message) }

    init(_ error: ArtifactError) {
        let (status, code) = Self.wire(error.code)
        self.init(status, code, error.message, context: error.context)
    }

    /// The only mapping from the store's codes to the service's.
    private static func wire(_ code: ArtifactError.Code) -> (HTTPResponse.Status, String) {
        switch code {
        case .invalidContainerName, .invalidBlobName: (.badRequest, "InvalidResourceName")
        case .containerNotFound: (.notFound, "ContainerNotFound")
        case .containerAlreadyExists: (.conflict, "ContainerAlreadyExists")
        case .blobNotFound, .artifactMissing: (.notFound, "BlobNotFound")
        case .blobAlreadyExists: (.conflict, "BlobAlreadyExists")
        case .conditionNotMet: (.preconditionFailed, "ConditionNotMet")
        case .notModified: (.notModified, "ConditionNotMet")
        case .invalidRange: (.rangeNotSatisfiable, "InvalidRange")
        case .invalidMarker: (.badRequest, "OutOfRangeInput")
        case .md5Mismatch: (.badRequest, "Md5Mismatch")
        case .bodyTooShort: (.badRequest, "IncompleteBody")
        case .bodyTooLarge: (.contentTooLarge, "RequestBodyTooLarge")
        case .invalidBlockID: (.badRequest, "InvalidBlockId")
        case .invalidBlockList: (.badRequest, "InvalidBlockList")
        case .tooManyBlocks: (.conflict, "BlockCountExceedsLimit")
        case .insufficientSpace: (.insufficientStorage, "InsufficientStorage")
        case .unsafePath, .contentDamaged, .indexDamaged, .inputOutputFailed: (.internalServerError, "InternalError")
        }
    }
}

extension HTTPResponse.Status {
    fileprivate static var insufficientStorage: HTTPResponse.Status {
        .init(code: 507, reasonPhrase: "Insufficient Storage")
    }
}
