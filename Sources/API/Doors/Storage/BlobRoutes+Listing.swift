import Artifacts
import HTTPTypes

extension BlobRoutes {
    /// What `include` may ask for that does not exist here, so that leaving it out is the right answer.
    private static let absentKinds: Set<String> = [
        "copy", "deleted", "deletedwithversions", "immutabilitypolicy", "legalhold", "permissions", "snapshots",
        "system", "tags", "versions",
    ]

    func listContainers(_ request: BlobRequest) async throws -> StorageResponse {
        let withMetadata = try includesMetadata(request)
        let prefix = request.parameter("prefix") ?? ""
        let page = try await store.listContainers(
            prefix: prefix, after: request.parameter("marker") ?? "", limit: try limit(request))
        var xml = StorageXML()
        xml.element("EnumerationResults", [("ServiceEndpoint", endpoint(request))]) { xml in
            echo(request, in: &xml)
            xml.element("Containers") { xml in
                for container in page.containers { write(container, withMetadata: withMetadata, in: &xml) }
            }
            xml.element("NextMarker", page.next ?? "")
        }
        return StorageResponse(.ok, xml: xml)
    }

    func listBlobs(_ container: ContainerName, _ request: BlobRequest) async throws -> StorageResponse {
        let withMetadata = try includesMetadata(request)
        let query = try BlobListing.Query(
            prefix: request.parameter("prefix") ?? "", delimiter: request.parameter("delimiter") ?? "",
            marker: request.parameter("marker") ?? "", limit: try limit(request))
        let listing = try await store.list(container, query)
        var xml = StorageXML()
        let attributes = [("ServiceEndpoint", endpoint(request)), ("ContainerName", container.value)]
        xml.element("EnumerationResults", attributes) { xml in
            echo(request, in: &xml)
            xml.element("Blobs") { xml in
                for item in listing.items { write(item, withMetadata: withMetadata, in: &xml) }
            }
            xml.element("NextMarker", listing.nextMarker ?? "")
        }
        return StorageResponse(.ok, xml: xml)
    }

    private func includesMetadata(_ request: BlobRequest) throws -> Bool {
        let kinds = (request.parameter("include") ?? "").split(separator: ",").map(String.init)
        if let kind = kinds.first(where: { $0 != "metadata" && !Self.absentKinds.contains($0) }) {
            throw StorageFailure.notSupported("include=\(kind)", in: .query)
        }
        return kinds.contains("metadata")
    }

    private func limit(_ request: BlobRequest) throws -> Int {
        guard let text = request.parameter("maxresults") else { return BlobListing.Query.maximumLimit }
        guard let limit = Int(text), limit > 0 else { throw StorageFailure.invalidQuery("maxresults") }
        return min(limit, BlobListing.Query.maximumLimit)
    }

    private func endpoint(_ request: BlobRequest) -> String {
        "//\(request.host)/\(request.path.dropFirst().prefix { $0 != "/" })/"
    }

    private func echo(_ request: BlobRequest, in xml: inout StorageXML) {
        if let prefix = request.parameter("prefix") { xml.name(prefix, element: "Prefix") }
        xml.element("Marker", request.parameter("marker"))
        xml.element("MaxResults", request.parameter("maxresults"))
        if let delimiter = request.parameter("delimiter") { xml.name(delimiter, element: "Delimiter") }
    }

    private func write(_ container: ContainerRecord, withMetadata: Bool, in xml: inout StorageXML) {
        xml.element("Container") { xml in
            xml.element("Name", container.name)
            xml.element("Properties") { xml in
                xml.element("Last-Modified", StorageDate.http(container.lastModified))
                xml.element("Etag", "\"\(container.etag)\"")
                xml.element("LeaseStatus", "unlocked")
                xml.element("LeaseState", "available")
                xml.element("HasImmutabilityPolicy", "false")
                xml.element("HasLegalHold", "false")
            }
            if withMetadata { write(container.metadata, in: &xml) }
        }
    }

    private func write(_ item: BlobListing.Item, withMetadata: Bool, in xml: inout StorageXML) {
        switch item {
        case .prefix(let prefix): xml.element("BlobPrefix") { $0.name(prefix) }
        case .blob(let record):
            xml.element("Blob") { xml in
                xml.name(record.name.value)
                write(record, in: &xml)
                if withMetadata { write(record.metadata, in: &xml) }
            }
        }
    }

    private func write(_ record: BlobRecord, in xml: inout StorageXML) {
        xml.element("Properties") { xml in
            xml.element("Creation-Time", StorageDate.http(record.createdAt))
            xml.element("Last-Modified", StorageDate.http(record.lastModified))
            xml.element("Etag", record.etag)
            xml.element("Content-Length", "\(record.size)")
            xml.element("Content-Type", record.properties.contentType)
            xml.element("Content-Encoding", record.properties.contentEncoding)
            xml.element("Content-Language", record.properties.contentLanguage)
            xml.element("Content-MD5", record.properties.contentMD5)
            xml.element("Content-Disposition", record.properties.contentDisposition)
            xml.element("Cache-Control", record.properties.cacheControl)
            xml.element("BlobType", "BlockBlob")
            xml.element("LeaseStatus", "unlocked")
            xml.element("LeaseState", "available")
            xml.element("ServerEncrypted", "false")
        }
    }

    private func write(_ metadata: [String: String], in xml: inout StorageXML) {
        xml.element("Metadata") { xml in
            for (name, value) in metadata.sorted(by: { $0.key < $1.key }) { xml.element(name, value) }
        }
    }
}
