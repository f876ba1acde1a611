import Artifacts
import HTTPTypes

extension BlobRoutes {
    /// The longest range whose MD5 a reader may ask for, in bytes.
    private static let maximumHashedRange: Int64 = 4 << 20

    func get(
        _ blob: BlobName, _ container: ContainerName, _ request: BlobRequest, _ grant: BlobAuthorization.Grant
    ) async throws -> StorageResponse {
        let range = try (request.header("x-ms-range") ?? request.header("Range")).map(BlobRange.init(header:))
        let (record, content) = try await store.get(blob, in: container, conditions: request.conditions()) {
            size throws(ArtifactError) in try range?.resolve(size: size) ?? 0..<size
        }
        var headers = StorageResponse.describe(record)
        let md5 = record.properties.contentMD5
        guard range != nil else {
            if let md5 { headers.append(("Content-MD5", md5)) }
            return StorageResponse(.ok, headers + grant.answerOverrides, body: StorageResponse.streamed(content))
        }
        let bounds = content.range
        headers.append(("Content-Range", "bytes \(bounds.lowerBound)-\(bounds.upperBound - 1)/\(record.size)"))
        if let md5 { headers.append(("x-ms-blob-content-md5", md5)) }
        if request.header("x-ms-range-get-content-md5")?.lowercased() == "true" {
            guard bounds.count <= Self.maximumHashedRange else {
                throw StorageFailure(.badRequest, "OutOfRangeInput", "The MD5 of so long a range can't be had.")
            }
            headers.append(("Content-MD5", try await content.md5()))
        }
        return StorageResponse(
            .partialContent, headers + grant.answerOverrides, body: StorageResponse.streamed(content))
    }

    func properties(
        _ blob: BlobName, _ container: ContainerName, _ request: BlobRequest, _ grant: BlobAuthorization.Grant
    ) async throws -> StorageResponse {
        let record = try await store.properties(of: blob, in: container, conditions: request.conditions())
        guard request.parameter("comp") == nil else {
            return StorageResponse(.ok, StorageResponse.version(record) + StorageResponse.metadata(record.metadata))
        }
        let md5 = record.properties.contentMD5.map { [("Content-MD5", $0)] } ?? []
        return StorageResponse(
            .ok, StorageResponse.describe(record) + md5 + grant.answerOverrides,
            body: StorageResponse.announced(record.size))
    }

    func put(
        _ blob: BlobName, _ container: ContainerName, _ request: BlobRequest, _ grant: BlobAuthorization.Grant
    ) async throws -> StorageResponse {
        let record = try await store.put(
            blob, in: container, body: request.chunks, length: request.contentLength(),
            md5: request.contentMD5("Content-MD5", "x-ms-blob-content-md5"),
            properties: request.properties(usesBodyHeaders: true), metadata: request.metadata(),
            conditions: grant.conditions(request.conditions()))
        return StorageResponse(.created, written: record, [("Content-MD5", record.properties.contentMD5 ?? "")])
    }

    func setMetadata(
        _ blob: BlobName, _ container: ContainerName, _ request: BlobRequest
    ) async throws -> StorageResponse {
        let record = try await store.setMetadata(
            request.metadata(), of: blob, in: container, conditions: request.conditions())
        return StorageResponse(.ok, written: record)
    }

    func setProperties(
        _ blob: BlobName, _ container: ContainerName, _ request: BlobRequest
    ) async throws -> StorageResponse {
        let record = try await store.setProperties(
            request.properties(usesBodyHeaders: false), of: blob, in: container, conditions: request.conditions())
        return StorageResponse(.ok, written: record)
    }

    func delete(
        _ blob: BlobName, _ container: ContainerName, _ request: BlobRequest
    ) async throws -> StorageResponse {
        if request.header("x-ms-delete-snapshots") == "only" {
            throw StorageFailure.notSupported("snapshots", in: .header)
        }
        try await store.delete(blob, in: container, conditions: request.conditions())
        return StorageResponse(.accepted, [("x-ms-delete-type-permanent", "true")])
    }
}
