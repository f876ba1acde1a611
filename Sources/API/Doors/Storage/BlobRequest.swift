import Artifacts
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// A request to the Blob service, taken apart.
struct BlobRequest {
    let method: HTTPRequest.Method
    /// As sent.
    let path: String
    let query: [(name: String, value: String)]
    let headers: HTTPFields
    let body: RequestBody
    let host: String
    let address: BlobAddress

    private static let maximumMetadata = 8 << 10

    /// - Throws: `InvalidUri`, `InvalidResourceName`.
    init(_ request: Request, account: String) throws {
        method = request.method
        let target = request.head.path ?? "/"
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(parts[0])
        query = try Self.parse(query: parts.count > 1 ? parts[1] : "")
        headers = request.headers
        body = request.body
        host = request.head.authority ?? ""
        // `//account/…` would shift what the segments mean.
        guard BlobAddress.isAccount(path, account) else { throw BlobAddress.invalid }
        address = try BlobAddress(path: path)
    }

    static func parse(query: Substring) throws -> [(name: String, value: String)] {
        try query.split(separator: "&").map { pair in
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(halves[0].utf8),
                let value = PercentEncoding.decode(halves.count > 1 ? halves[1].utf8 : "".utf8[...])
            else { throw StorageFailure(.badRequest, "InvalidUri", "The query of the request is not valid.") }
            return (name, value)
        }
    }

    func parameter(_ name: String) -> String? { query.first { $0.name == name }?.value }

    func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }

    /// - Throws: `MissingContentLengthHeader`, `InvalidHeaderValue`.
    func contentLength() throws -> Int64 {
        guard let text = header("Content-Length") else {
            throw StorageFailure(
                .lengthRequired, "MissingContentLengthHeader", "The request must announce the length of its body.")
        }
        guard let length = Int64(text), length >= 0 else { throw StorageFailure.invalidHeader("Content-Length") }
        return length
    }

    /// What the body's digest must be; Base64.
    func contentMD5(_ names: String...) throws -> String? {
        let values = names.compactMap { header($0) }
        for value in values where Data(base64Encoded: value)?.count != 16 {
            throw StorageFailure(.badRequest, "InvalidMd5", "The MD5 value is not valid.")
        }
        guard Set(values).count <= 1 else {
            throw StorageFailure(.badRequest, "Md5Mismatch", "The two MD5 values differ.")
        }
        return values.first
    }

    var chunks: BodyChunks { BodyChunks(body: body) }

    /// `x-ms-meta-*`, with the names in the case they were sent in.
    ///
    /// - Throws: `InvalidMetadata`, `MetadataTooLarge`.
    func metadata() throws -> [String: String] {
        let prefix = "x-ms-meta-"
        var metadata: [String: String] = [:]
        var seen: Set<String> = []
        var size = 0
        for field in headers where field.name.canonicalName.hasPrefix(prefix) {
            let name = String(field.name.rawName.dropFirst(prefix.count))
            guard Self.isIdentifier(name), seen.insert(name.lowercased()).inserted else {
                throw StorageFailure(
                    .badRequest, "InvalidMetadata", "The metadata name '\(name)' is not valid or occurs twice.")
            }
            metadata[name] = field.value
            size += name.utf8.count + field.value.utf8.count
        }
        guard size <= Self.maximumMetadata else {
            throw StorageFailure(.badRequest, "MetadataTooLarge", "The metadata exceeds \(Self.maximumMetadata) bytes.")
        }
        return metadata
    }

    /// Metadata names become element names in listings.
    private static func isIdentifier(_ name: String) -> Bool {
        let isLetter: (UInt8) -> Bool = {
            ($0 | 32) >= UInt8(ascii: "a") && ($0 | 32) <= UInt8(ascii: "z") || $0 == UInt8(ascii: "_")
        }
        let isDigit: (UInt8) -> Bool = { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        guard let first = name.utf8.first, isLetter(first) else { return false }
        return name.utf8.allSatisfy { isLetter($0) || isDigit($0) }
    }

    /// - Parameter usesBodyHeaders: whether the plain headers describe the blob itself where the `x-ms-blob-` ones
    ///   are missing, as with Put Blob.
    func properties(usesBodyHeaders: Bool) -> BlobProperties {
        let value: (String, String) -> String? = { own, plain in
            header(own) ?? (usesBodyHeaders ? header(plain) : nil)
        }
        return BlobProperties(
            contentType: value("x-ms-blob-content-type", "Content-Type"),
            contentEncoding: value("x-ms-blob-content-encoding", "Content-Encoding"),
            contentLanguage: value("x-ms-blob-content-language", "Content-Language"),
            contentDisposition: header("x-ms-blob-content-disposition"),
            cacheControl: value("x-ms-blob-cache-control", "Cache-Control"),
            contentMD5: header("x-ms-blob-content-md5"))
    }

    /// - Parameter prefix: `x-ms-source-` for the conditions on the source of a copy.
    /// - Throws: `InvalidHeaderValue`.
    func conditions(prefix: String = "") throws -> BlobConditions {
        BlobConditions(
            ifMatch: header("\(prefix)If-Match").map(Self.tags),
            ifNoneMatch: header("\(prefix)If-None-Match").map(Self.tags),
            ifModifiedSince: try date("\(prefix)If-Modified-Since"),
            ifUnmodifiedSince: try date("\(prefix)If-Unmodified-Since"))
    }

    private static func tags(_ text: String) -> BlobConditions.Tags {
        let tags = text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        if tags == ["*"] { return .any }
        return .oneOf(tags.map { $0.trimmingCharacters(in: CharacterSet(charactersIn: "\"")) })
    }

    private func date(_ name: String) throws -> Date? {
        guard let text = header(name) else { return nil }
        guard let date = StorageDate.parseHTTP(text) else { throw StorageFailure.invalidHeader(name) }
        return date
    }
}
