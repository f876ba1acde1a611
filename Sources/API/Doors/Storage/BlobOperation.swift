import Artifacts
import HTTPTypes

/// The operations of the Blob service that exist here, each with what it needs to be permitted.
enum BlobOperation: Equatable {
    case listContainers
    case createContainer(ContainerName)
    case deleteContainer(ContainerName)
    case getContainer(ContainerName)
    case setContainerMetadata(ContainerName)
    case listBlobs(ContainerName)
    case getBlob(ContainerName, BlobName)
    /// HEAD, and GET of the metadata alone.
    case getProperties(ContainerName, BlobName)
    case putBlob(ContainerName, BlobName)
    case copyBlob(ContainerName, BlobName)
    case putBlock(ContainerName, BlobName)
    case putBlockList(ContainerName, BlobName)
    case getBlockList(ContainerName, BlobName)
    case setMetadata(ContainerName, BlobName)
    case setProperties(ContainerName, BlobName)
    case deleteBlob(ContainerName, BlobName)

    /// - Throws: `UnsupportedHeader`, `UnsupportedQueryParameter`, `UnsupportedHttpVerb`, `InvalidHeaderValue`.
    init(_ request: BlobRequest) throws {
        let words = (request.parameter("restype"), request.parameter("comp"))
        if request.parameter("snapshot") != nil || request.parameter("versionid") != nil {
            throw StorageFailure.notSupported("snapshots and versions", in: .query)
        }
        switch (request.address.container, request.address.blob) {
        case (nil, _):
            guard request.method == .get, words == (nil, "list") else { throw Self.unsupported(request) }
            self = .listContainers
        case (let container?, nil):
            self = try Self.onContainer(container, words, request)
        case (let container?, let blob?):
            self = try Self.onBlob(container, blob, request)
        }
    }

    private static func onContainer(
        _ container: ContainerName, _ words: (String?, String?), _ request: BlobRequest
    ) throws -> BlobOperation {
        switch (request.method, words.0, words.1) {
        case (.get, "container", "list"): return .listBlobs(container)
        case (.get, "container", nil), (.head, "container", nil), (.get, "container", "metadata"),
            (.head, "container", "metadata"):
            return .getContainer(container)
        case (.put, "container", nil): return .createContainer(container)
        case (.put, "container", "metadata"): return .setContainerMetadata(container)
        case (.delete, "container", nil): return .deleteContainer(container)
        default: throw unsupported(request)
        }
    }

    private static func onBlob(
        _ container: ContainerName, _ blob: BlobName, _ request: BlobRequest
    ) throws -> BlobOperation {
        if request.header("x-ms-structured-body") != nil {
            throw StorageFailure.notSupported("structured bodies", in: .header)
        }
        switch (request.method, request.parameter("comp")) {
        case (.get, nil): return .getBlob(container, blob)
        case (.head, nil), (.get, "metadata"), (.head, "metadata"): return .getProperties(container, blob)
        case (.get, "blocklist"): return .getBlockList(container, blob)
        case (.put, nil): return try put(container, blob, request)
        case (.put, "block"):
            if request.header("x-ms-copy-source") != nil {
                throw StorageFailure.notSupported("blocks from a URL", in: .header)
            }
            return .putBlock(container, blob)
        case (.put, "blocklist"): return .putBlockList(container, blob)
        case (.put, "metadata"): return .setMetadata(container, blob)
        case (.put, "properties"): return .setProperties(container, blob)
        case (.delete, nil): return .deleteBlob(container, blob)
        default: throw unsupported(request)
        }
    }

    private static func put(
        _ container: ContainerName, _ blob: BlobName, _ request: BlobRequest
    ) throws -> BlobOperation {
        if request.header("x-ms-copy-source") != nil { return .copyBlob(container, blob) }
        switch request.header("x-ms-blob-type") {
        case "BlockBlob": return .putBlob(container, blob)
        case nil:
            throw StorageFailure(.badRequest, "MissingRequiredHeader", "The header x-ms-blob-type is missing.")
        default: throw StorageFailure.notSupported("this type of blob", in: .header)
        }
    }

    private static func unsupported(_ request: BlobRequest) -> StorageFailure {
        switch request.method {
        case .get, .head, .put, .delete:
            .notSupported("\(request.method.rawValue) with these query parameters on this kind of resource", in: .query)
        default:
            StorageFailure(.methodNotAllowed, "UnsupportedHttpVerb", "The resource does not support this HTTP verb.")
        }
    }

    var access: StorageAccess {
        switch self {
        case .listContainers: StorageAccess(.service, .list)
        case .createContainer(let container): StorageAccess(.container(container), .create, .write)
        case .deleteContainer(let container): StorageAccess(.container(container), .delete)
        case .getContainer(let container): StorageAccess(.container(container), .read)
        case .setContainerMetadata(let container): StorageAccess(.container(container), .write)
        case .listBlobs(let container): StorageAccess(.contents(container), .list)
        case .getBlob(let container, let blob), .getProperties(let container, let blob),
            .getBlockList(let container, let blob):
            StorageAccess(.blob(container, blob), .read)
        case .putBlob(let container, let blob), .copyBlob(let container, let blob),
            .putBlock(let container, let blob), .putBlockList(let container, let blob):
            StorageAccess(.blob(container, blob), .write, .create)
        case .setMetadata(let container, let blob), .setProperties(let container, let blob):
            StorageAccess(.blob(container, blob), .write)
        case .deleteBlob(let container, let blob): StorageAccess(.blob(container, blob), .delete)
        }
    }
}
