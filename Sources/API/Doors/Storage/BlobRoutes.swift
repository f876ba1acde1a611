package import Artifacts
package import Foundation
import HTTPTypes
package import Hummingbird
package import Logging

/// The part of the Azure Blob service's REST API that the clients use, over an `ArtifactStore`.
///
/// ```
/// let routes = BlobRoutes(store: store, account: account, bearer: verify, logger: logger)
/// if routes.isResponsible(for: request) { await routes.respond(to: request, origin: StorageOrigin(isSecure: true)) }
/// ```
/// URLs are path style: `/<account>/<container>/<blob>`, `/<account>.blob.<anything>/<container>/<blob>`. Nothing else
/// is captured. Responses are of the service's own form, errors included, so that no other error handling sees them.
package struct BlobRoutes: Sendable {
    let store: ArtifactStore
    let authorization: BlobAuthorization
    let challenge: String
    let logger: Logger

    /// - Parameters:
    ///   - account: its name is the first segment of the paths.
    ///   - authorizationURI: where clients without a token are told to get one.
    ///   - now: for the validity of signatures.
    ///   - bearer: what a token permits.
    package init(
        store: ArtifactStore, account: StorageAccount, authorizationURI: String? = nil,
        now: @escaping @Sendable () -> Date, logger: Logger, bearer: @escaping BearerCheck
    ) {
        (self.store, self.logger) = (store, logger)
        authorization = BlobAuthorization(account: account, bearer: bearer, now: now)
        challenge =
            "Bearer" + (authorizationURI.map { " authorization_uri=\($0)" } ?? "")
            + " resource_id=https://storage.azure.com"
    }

    /// Whether the first segment of a request's path, as sent, is the account.
    package func isResponsible(for request: Request) -> Bool {
        BlobAddress.isAccount((request.head.path ?? "").prefix { $0 != "?" }, authorization.account.name)
    }

    /// - Parameter origin: where the request came from, for signatures that limit it.
    package func respond(to request: Request, origin: StorageOrigin) async -> Response {
        let id = UUID().uuidString.lowercased()
        let response: StorageResponse
        do {
            response = try await perform(BlobRequest(request, account: authorization.account.name), origin: origin)
        } catch {
            let failure = translate(error, id: id)
            response = StorageResponse(failure, method: request.method, challenge: challenge)
        }
        return finish(response, request, id: id)
    }

    private func translate(_ error: any Error, id: String) -> StorageFailure {
        let failure =
            switch error {
            case let failure as StorageFailure: failure
            case let error as ArtifactError: StorageFailure(error)
            case let error as SignatureError: StorageFailure(error)
            default: StorageFailure(.internalServerError, "InternalError", "The server failed.", context: "\(error)")
            }
        if failure.status.kind == .serverError {
            logger.error(
                "artifact request failed",
                metadata: [
                    "request.id": "\(id)", "error.code": "\(failure.code)", "error.context": "\(failure.context)",
                ])
        }
        return failure
    }

    private func finish(_ response: StorageResponse, _ request: Request, id: String) -> Response {
        var fields = HTTPFields()
        let version = HTTPField.Name("x-ms-version").flatMap { request.headers[$0] } ?? "2021-12-02"
        let clientID = HTTPField.Name("x-ms-client-request-id").flatMap { request.headers[$0] }
        // A browser that opens a blob takes it for a file, whatever it holds: it shares its origin with the API.
        var headers =
            response.headers + [
                ("x-ms-request-id", id), ("x-ms-version", version), ("X-Content-Type-Options", "nosniff"),
                ("Content-Security-Policy", "sandbox; default-src 'none'"),
            ]
        if let clientID, clientID.utf8.count <= 1024 { headers.append(("x-ms-client-request-id", clientID)) }
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        if response.headers.contains(where: { $0.0 == "x-ms-blob-type" }) {
            fields[.contentDisposition] = StorageResponse.attachment(fields[.contentDisposition])
        }
        return Response(status: response.status, headers: fields, body: response.body)
    }

    private func perform(_ request: BlobRequest, origin: StorageOrigin) async throws -> StorageResponse {
        let operation = try BlobOperation(request)
        let grant = try await authorization.authorise(request, operation.access, origin: origin)
        switch operation {
        case .listContainers: return try await listContainers(request)
        case .createContainer(let container): return try await createContainer(container, request)
        case .deleteContainer(let container): return try await deleteContainer(container, request)
        case .getContainer(let container): return try await getContainer(container)
        case .setContainerMetadata(let container): return try await setMetadata(of: container, request)
        case .listBlobs(let container): return try await listBlobs(container, request)
        case .getBlob(let container, let blob): return try await get(blob, container, request, grant)
        case .getProperties(let container, let blob): return try await properties(blob, container, request, grant)
        case .putBlob(let container, let blob): return try await put(blob, container, request, grant)
        case .copyBlob(let container, let blob): return try await copy(to: blob, container, request, grant, origin)
        case .putBlock(let container, let blob): return try await putBlock(blob, container, request)
        case .putBlockList(let container, let blob): return try await putBlockList(blob, container, request, grant)
        case .getBlockList(let container, let blob): return try await blockList(blob, container, request)
        case .setMetadata(let container, let blob): return try await setMetadata(blob, container, request)
        case .setProperties(let container, let blob): return try await setProperties(blob, container, request)
        case .deleteBlob(let container, let blob): return try await delete(blob, container, request)
        }
    }
}
