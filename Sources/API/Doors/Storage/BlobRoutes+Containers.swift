import Artifacts
import HTTPTypes

extension BlobRoutes {
    func createContainer(_ container: ContainerName, _ request: BlobRequest) async throws -> StorageResponse {
        if request.header("x-ms-blob-public-access") != nil {
            throw StorageFailure.notSupported("public access", in: .header)
        }
        let record = try await store.createContainer(container, metadata: request.metadata())
        return StorageResponse(.created, StorageResponse.version(record.etag, record.lastModified))
    }

    /// Conditions on the date are honoured; a container has no others.
    func deleteContainer(_ container: ContainerName, _ request: BlobRequest) async throws -> StorageResponse {
        let record = try await store.container(container)
        let conditions = try request.conditions()
        if let limit = conditions.ifUnmodifiedSince, record.lastModified > limit { throw Self.conditionNotMet }
        if let limit = conditions.ifModifiedSince, record.lastModified <= limit { throw Self.conditionNotMet }
        try await store.deleteContainer(container)
        return StorageResponse(.accepted)
    }

    func getContainer(_ container: ContainerName) async throws -> StorageResponse {
        let record = try await store.container(container)
        return StorageResponse(
            .ok,
            StorageResponse.version(record.etag, record.lastModified) + [
                ("x-ms-lease-status", "unlocked"), ("x-ms-lease-state", "available"),
                ("x-ms-has-immutability-policy", "false"), ("x-ms-has-legal-hold", "false"),
            ] + StorageResponse.metadata(record.metadata))
    }

    func setMetadata(of container: ContainerName, _ request: BlobRequest) async throws -> StorageResponse {
        let record = try await store.setMetadata(request.metadata(), of: container)
        return StorageResponse(.ok, StorageResponse.version(record.etag, record.lastModified))
    }

    private static let conditionNotMet = StorageFailure(
        .preconditionFailed, "ConditionNotMet", "The condition given by conditional headers is not met.")
}
