import Artifacts
import HTTPTypes
import NIOCore

extension BlobRoutes {
    func putBlock(
        _ blob: BlobName, _ container: ContainerName, _ request: BlobRequest
    ) async throws -> StorageResponse {
        let id = try BlockID(base64: request.parameter("blockid") ?? "")
        let block = try await store.putBlock(
            id, of: blob, in: container, body: request.chunks, length: request.contentLength(),
            md5: request.contentMD5("Content-MD5"))
        return StorageResponse(.created, [("Content-MD5", block.md5), ("x-ms-request-server-encrypted", "false")])
    }

    func putBlockList(
        _ blob: BlobName, _ container: ContainerName, _ request: BlobRequest, _ grant: BlobAuthorization.Grant
    ) async throws -> StorageResponse {
        let body = try await wholeBody(request)
        if let md5 = try request.contentMD5("Content-MD5"), try md5 != ContentDigest.md5(of: body) {
            throw StorageFailure(.badRequest, "Md5Mismatch", "The MD5 of the body is not the one specified.")
        }
        let record = try await store.putBlockList(
            BlockListParser.parse(body), of: blob, in: container,
            properties: request.properties(usesBodyHeaders: false), metadata: request.metadata(),
            conditions: grant.conditions(request.conditions()))
        return StorageResponse(.created, written: record)
    }

    private func wholeBody(_ request: BlobRequest) async throws -> [UInt8] {
        do {
            return Array(try await request.body.collect(upTo: BlockListParser.maximumSize).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw StorageFailure(.contentTooLarge, "RequestBodyTooLarge", "The block list is too long.")
        }
    }

    func blockList(
        _ blob: BlobName, _ container: ContainerName, _ request: BlobRequest
    ) async throws -> StorageResponse {
        let kind = request.parameter("blocklisttype")?.lowercased() ?? "committed"
        guard ["committed", "uncommitted", "all"].contains(kind) else {
            throw StorageFailure.invalidQuery("blocklisttype")
        }
        let list = try await store.blockList(of: blob, in: container)
        var xml = StorageXML()
        xml.element("BlockList") { xml in
            if kind != "uncommitted" { write(list.committed, as: "CommittedBlocks", in: &xml) }
            if kind != "committed" { write(list.uncommitted, as: "UncommittedBlocks", in: &xml) }
        }
        let version = list.record.map { StorageResponse.version($0) } ?? []
        return StorageResponse(.ok, xml: xml, version + [("x-ms-blob-content-length", "\(list.record?.size ?? 0)")])
    }

    private func write(_ blocks: [BlobRecord.Block], as name: String, in xml: inout StorageXML) {
        xml.element(name) { xml in
            for block in blocks {
                xml.element("Block") { xml in
                    xml.element("Name", block.id.base64)
                    xml.element("Size", "\(block.size)")
                }
            }
        }
    }
}
