import Artifacts
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// A response of the Blob service before the headers that all responses have.
struct StorageResponse: Sendable {
    var status: HTTPResponse.Status
    var headers: [(String, String)]
    var body: ResponseBody

    init(_ status: HTTPResponse.Status, _ headers: [(String, String)] = [], body: ResponseBody = ResponseBody()) {
        (self.status, self.headers, self.body) = (status, headers, body)
    }

    init(_ status: HTTPResponse.Status, xml: StorageXML, _ headers: [(String, String)] = []) {
        self.init(
            status, [("Content-Type", "application/xml")] + headers,
            body: ResponseBody(byteBuffer: ByteBuffer(string: xml.text)))
    }

    /// The response to a write: the new tag and date.
    init(_ status: HTTPResponse.Status, written record: BlobRecord, _ headers: [(String, String)] = []) {
        self.init(status, Self.version(record) + [("x-ms-request-server-encrypted", "false")] + headers)
    }

    static func version(_ record: BlobRecord) -> [(String, String)] { version(record.etag, record.lastModified) }

    static func version(_ etag: String, _ lastModified: Date) -> [(String, String)] {
        [("ETag", "\"\(etag)\""), ("Last-Modified", StorageDate.http(lastModified))]
    }

    static func metadata(_ metadata: [String: String]) -> [(String, String)] {
        metadata.sorted { $0.key < $1.key }.map { ("x-ms-meta-\($0.key)", $0.value) }
    }

    /// All that is known of a blob, but the length and MD5 of what is answered.
    static func describe(_ record: BlobRecord) -> [(String, String)] {
        let properties = record.properties
        let optional = [
            ("Content-Encoding", properties.contentEncoding), ("Content-Language", properties.contentLanguage),
            ("Content-Disposition", properties.contentDisposition), ("Cache-Control", properties.cacheControl),
        ].compactMap { name, value in value.map { (name, $0) } }
        return version(record) + [
            ("Content-Type", properties.contentType), ("Accept-Ranges", "bytes"), ("x-ms-blob-type", "BlockBlob"),
            ("x-ms-creation-time", StorageDate.http(record.createdAt)), ("x-ms-lease-status", "unlocked"),
            ("x-ms-lease-state", "available"), ("x-ms-server-encrypted", "false"),
        ] + optional + metadata(record.metadata)
    }

    /// A disposition that no browser renders the blob by: `attachment`, with the stored parameters.
    static func attachment(_ stored: String?) -> String {
        let parameters = stored.flatMap { text in text.firstIndex(of: ";").map { text[$0...] } } ?? ""
        return "attachment\(parameters)"
    }

    /// A body of that length which is not sent: the response to HEAD.
    static func announced(_ length: Int64) -> ResponseBody {
        ResponseBody(contentLength: Int(length)) { writer in try await writer.finish(nil) }
    }

    static func streamed(_ content: BlobContent) -> ResponseBody {
        ResponseBody(contentLength: content.range.count) { writer in
            for try await chunk in content { try await writer.write(ByteBuffer(bytes: chunk)) }
            try await writer.finish(nil)
        }
    }
}

extension StorageResponse {
    init(_ failure: StorageFailure, method: HTTPRequest.Method, challenge: String) {
        var headers = [("x-ms-error-code", failure.code)]
        if failure.status == .unauthorized { headers.append(("WWW-Authenticate", challenge)) }
        guard method != .head, failure.status != .notModified else {
            self.init(failure.status, headers)
            return
        }
        var xml = StorageXML()
        xml.element("Error") { xml in
            xml.element("Code", failure.code)
            xml.element("Message", failure.message)
        }
        self.init(failure.status, xml: xml, headers)
    }
}
