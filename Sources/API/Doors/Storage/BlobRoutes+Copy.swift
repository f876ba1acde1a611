import Artifacts
import Foundation
import HTTPTypes

extension BlobRoutes {
    /// Copy Blob and Put Blob From URL, both within this store and done when answered.
    func copy(
        to blob: BlobName, _ container: ContainerName, _ request: BlobRequest, _ grant: BlobAuthorization.Grant,
        _ origin: StorageOrigin
    ) async throws -> StorageResponse {
        let source = try source(of: request)
        guard let sourceContainer = source.address.container, let sourceBlob = source.address.blob else {
            throw StorageFailure.invalidHeader("x-ms-copy-source")
        }
        if !grant.isUnlimited {
            let access = StorageAccess(.blob(sourceContainer, sourceBlob), .read)
            if let token = grant.bearer, try SharedAccessSignature(query: source.query) == nil {
                _ = try await authorization.authorise(bearer: token, access)
            } else {
                _ = try authorization.authorise(query: source.query, access, origin: origin)
            }
        }
        let metadata = try request.metadata()
        let record = try await store.copy(
            sourceBlob, in: sourceContainer, to: blob, in: container, metadata: metadata.isEmpty ? nil : metadata,
            sourceConditions: request.conditions(prefix: "x-ms-source-"),
            conditions: grant.conditions(request.conditions()))
        if request.header("x-ms-blob-type") != nil { return StorageResponse(.created, written: record) }
        return StorageResponse(
            .accepted,
            StorageResponse.version(record) + [
                ("x-ms-copy-id", UUID().uuidString.lowercased()), ("x-ms-copy-status", "success"),
            ])
    }

    private func source(
        of request: BlobRequest
    ) throws -> (address: BlobAddress, query: [(name: String, value: String)]) {
        let url = request.header("x-ms-copy-source") ?? ""
        guard let scheme = url.range(of: "://") else { throw StorageFailure.invalidHeader("x-ms-copy-source") }
        let rest = url[scheme.upperBound...]
        let path = rest.drop { $0 != "/" }.prefix { $0 != "?" }
        guard rest.prefix(while: { $0 != "/" }) == request.host,
            BlobAddress.isAccount(path, authorization.account.name)
        else {
            throw StorageFailure(.badRequest, "CannotVerifyCopySource", "Only blobs of this account can be copied.")
        }
        let query = rest.firstIndex(of: "?").map { rest[rest.index(after: $0)...] } ?? ""
        return (try BlobAddress(path: path), try BlobRequest.parse(query: query))
    }
}
