package import Foundation

/// `Authorization: SharedKey <account>:<signature>` of the Blob service.
///
/// Source: "Authorize with Shared Key", Azure Storage REST reference, version 2015-02-21 and later.
package struct SharedKeySignature: Sendable {
    /// A request as it came over the wire.
    package struct Request: Sendable {
        package var method: String
        /// Percent-encoded, with the account's own segment where the URL is path style.
        package var path: String
        /// Decoded.
        package var query: [(name: String, value: String)]
        /// Any case; one entry per field line.
        package var headers: [(name: String, value: String)]

        package init(
            method: String, path: String, query: [(name: String, value: String)],
            headers: [(name: String, value: String)]
        ) {
            (self.method, self.path, self.query, self.headers) = (method, path, query, headers)
        }
    }

    /// How far the request's date may be from now.
    private static let tolerance: TimeInterval = 15 * 60

    private static let signedHeaders = [
        "content-encoding", "content-language", "content-length", "content-md5", "content-type", "date",
        "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range",
    ]

    /// The name signed with, which clients of a path-style URL take from its path.
    package let accountName: String
    private let signature: String

    /// - Parameter authorization: the header's value; `nil` unless its scheme is SharedKey.
    /// - Throws: `authenticationFailed` when it is malformed.
    package init?(authorization: String) throws(SignatureError) {
        let words = authorization.split(separator: " ", maxSplits: 1)
        guard words.first?.lowercased() == "sharedkey" else { return nil }
        let parts = words.count == 2 ? words[1].split(separator: ":", maxSplits: 1) : []
        guard parts.count == 2 else {
            throw SignatureError(.authenticationFailed, "The Authorization header is malformed.")
        }
        accountName = String(parts[0])
        signature = String(parts[1])
    }

    /// Checks the signature and the request's date.
    ///
    /// Clients of a path-style URL (`http://127.0.0.1:1234/acct/…`) sign `/<account>` + the whole path, so the
    /// account comes twice; others sign it once. Either is accepted.
    /// - Parameter names: the names that mean this account, such as its path segments.
    /// - Throws: `authenticationFailed`.
    package func verify(
        _ request: Request, account: StorageAccount, names: Set<String>, now: Date
    ) throws(SignatureError) {
        let headers = Self.joined(request.headers)
        let date = (headers["x-ms-date"] ?? headers["date"]).flatMap(StorageDate.parseHTTP)
        guard names.contains(accountName),
            account.verify(signature, ofAny: candidates(of: request))
        else { throw SignatureError(.authenticationFailed, "The signature of the request is not valid.") }
        guard let date, abs(date.timeIntervalSince(now)) <= Self.tolerance else {
            throw SignatureError(.authenticationFailed, "The date of the request is missing or too far from now.")
        }
    }

    private func candidates(of request: Request) -> [String] {
        let rest = request.path.dropFirst().drop { $0 != "/" }
        let resources = ["/\(accountName)\(request.path)", "/\(accountName)\(rest.isEmpty ? "/" : String(rest))"]
        return resources.flatMap { resource in
            [true, false].map {
                Self.stringToSign(request, canonicalPath: resource, byCollation: $0)
            }
        }
    }

    /// - Parameters:
    ///   - canonicalPath: `/<account><path>`.
    ///   - byCollation: sort the `x-ms-` headers as the service does, by culture instead of by code.
    static func stringToSign(_ request: Request, canonicalPath: String, byCollation: Bool = true) -> String {
        var headers = joined(request.headers)
        if headers["content-length"] == "0" { headers["content-length"] = nil }
        if headers["x-ms-date"] != nil { headers["date"] = nil }
        var lines = [request.method] + signedHeaders.map { headers[$0] ?? "" }
        let own = headers.keys.filter { $0.hasPrefix("x-ms-") }
        let sorted =
            byCollation ? own.sorted { collationKey($0).lexicographicallyPrecedes(collationKey($1)) } : own.sorted()
        lines += sorted.map { "\($0):\(headers[$0] ?? "")" }
        lines.append(canonicalPath)
        return lines.joined(separator: "\n") + canonicalQuery(request.query)
    }

    private static func canonicalQuery(_ query: [(name: String, value: String)]) -> String {
        let values = Dictionary(grouping: query) { $0.name.lowercased() }
        return values.keys.sorted().map { name in
            "\n\(name):" + (values[name] ?? []).map(\.value).sorted().joined(separator: ",")
        }.joined()
    }

    private static func joined(_ headers: [(name: String, value: String)]) -> [String: String] {
        Dictionary(
            headers.map { ($0.name.lowercased(), $0.value.trimmingCharacters(in: .whitespaces)) },
            uniquingKeysWith: { "\($0),\($1)" })
    }

    /// The service's order of header names: hyphens don't count, punctuation comes before digits, digits before
    /// letters. Names that are equal so far are ordered by code.
    private static func collationKey(_ name: String) -> [UInt8] {
        let order = Array("!#$%&*.^_`|~+0123456789abcdefghijklmnopqrstuvwxyz".utf8)
        let ranks = name.utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "'") }.map { byte in
            UInt8(1 + (order.firstIndex(of: byte) ?? order.count))
        }
        return ranks + [0] + Array(name.utf8)
    }
}
