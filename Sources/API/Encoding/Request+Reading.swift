import HTTPTypes
import Hummingbird
import Resources

/// Longest JSON body.
private let bodyLimit = 4 * 1_024 * 1_024

extension Request {
    /// The body as JSON; an absent one is an empty object where `isOptional`.
    func readBody(isOptional: Bool = false) async throws -> BodyReader {
        let buffer = try await body.collect(upTo: bodyLimit)
        if isOptional, buffer.readableBytes == 0 { return BodyReader(root: .object(JSONObject())) }
        do {
            return BodyReader(root: try JSONParser.parse(buffer.readableBytesView))
        } catch {
            throw ARMError(.invalidRequestContent, "The request body is not valid JSON: \(error.description).")
        }
    }

    /// A query parameter, decoded; its name without regard to case.
    func query(_ name: String) -> String? {
        for part in uri.query?.split(separator: "&") ?? [] {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                FormBody.decode(String($0))
            }
            if pair[0].lowercased() == name.lowercased() { return pair.count > 1 ? pair[1] : "" }
        }
        return nil
    }

    /// `If-Match` and `If-None-Match`.
    func precondition() throws(ARMError) -> WritePrecondition {
        var precondition = WritePrecondition()
        if let text = headers[.ifMatch] {
            precondition.ifMatch =
                text.trimmingSpaces == "*" ? .any : .tags(text.split(separator: ",").map(\.trimmingSpaces))
        }
        if let text = headers[.ifNoneMatch] {
            guard text.trimmingSpaces == "*" else {
                throw ARMError(
                    .invalidRequestContent, "If-None-Match may only be * on a write.", target: "If-None-Match")
            }
            precondition.mustNotExist = true
        }
        return precondition
    }

    /// Where a list starts and how long a page is: `$skip` and `$skipToken` are opaque, `$top` and `count` a wish.
    func page() throws(ARMError) -> PageRequest {
        var after: PageToken?
        if let text = query("$skip") ?? query("$skipToken"), !text.isEmpty {
            guard let token = PageToken(text) else {
                throw ARMError(
                    .invalidRequestContent, "$skip is not a continuation that this service handed out.", target: "$skip"
                )
            }
            after = token
        }
        guard let count = query("$top") ?? query("count") else { return PageRequest(after: after) }
        guard let number = Int(count), number > 0 else {
            throw ARMError(
                .invalidRequestContent, "$top must be a positive number, not '\(count.prefix(40))'.", target: "$top")
        }
        return PageRequest(after: after, count: number)
    }

    /// `listViewType`.
    func listView() throws(ARMError) -> ListView {
        guard let text = query("listViewType") else { return .activeOnly }
        guard let view = ListView.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else {
            throw ARMError(
                .invalidRequestContent,
                "listViewType is one of ActiveOnly, ArchivedOnly, All, not '\(text.prefix(40))'.",
                target: "listViewType")
        }
        return view
    }
}

extension StringProtocol {
    fileprivate var trimmingSpaces: String {
        String(drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
