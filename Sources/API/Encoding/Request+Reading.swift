import HTTPTypes
import Hummingbird
import NIOCore
import Resources

/// Longest JSON body.
private let bodyLimit = 4 * 1_024 * 1_024
/// The same with a template and parameters in it, each as long as a body may be.
private let templateBodyLimit = 2 * bodyLimit + 65_536
/// How long a client may take to send a body that is held in memory.
private let bodyDeadline = Duration.seconds(60)

extension RequestBody {
    /// The whole body; throws `RequestTimeout` for one that is not there in time, and keeps nothing of it.
    func collect(upTo limit: Int, within time: Duration) async throws -> ByteBuffer {
        try await withThrowingTaskGroup(of: ByteBuffer.self) { tasks in
            tasks.addTask { try await collect(upTo: limit) }
            tasks.addTask {
                try await Task.sleep(for: time)
                throw ARMError(.requestTimeout, "The request body did not arrive within \(time).")
            }
            defer { tasks.cancelAll() }
            guard let body = try await tasks.next() else { return ByteBuffer() }
            return body
        }
    }
}

extension Request {
    /// The body as JSON; an absent one is an empty object where `isOptional`.
    func readBody(isOptional: Bool = false) async throws -> BodyReader {
        let buffer = try await body.collect(upTo: bodyLimit, within: bodyDeadline)
        if isOptional, buffer.readableBytes == 0 { return BodyReader(root: .object(JSONObject())) }
        do {
            return BodyReader(root: try JSONParser.parse(buffer.readableBytesView))
        } catch {
            throw ARMError(.invalidRequestContent, "The request body is not valid JSON: \(error.description).")
        }
    }

    /// A body with a template in it, which is written with more liberties; and its text, for places in messages.
    func readTemplateBody() async throws -> (document: JSONValue, text: [UInt8]) {
        let text = Array(
            try await body.collect(upTo: templateBodyLimit, within: bodyDeadline).readableBytesView)
        do {
            return (try JSONParser.parse(text, as: .template), text)
        } catch {
            throw ARMError(
                .invalidRequestContent,
                "The request content was invalid and could not be deserialized: '\(error.description)'.")
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

    /// Where a list starts, how long a page is and its order: `$skip` and `$skipToken` are opaque, `$top` and `count` a
    /// wish.
    func page(
        defaultCount: Int = PageRequest.defaultCount, defaultOrder: ListOrder = .oldestFirst
    ) throws(ARMError) -> PageRequest {
        var after: PageToken?
        if let text = query("$skip") ?? query("$skipToken"), !text.isEmpty {
            guard let token = PageToken(text) else {
                throw ARMError(
                    .invalidRequestContent, "$skip is not a continuation that this service handed out.", target: "$skip"
                )
            }
            after = token
        }
        var order = defaultOrder
        if let text = query("$orderBy") ?? query("orderBy"), !text.isEmpty {
            guard let wished = ListOrder(text) else {
                throw ARMError(
                    .invalidRequestContent,
                    "orderBy is CreatedAtDesc, CreatedAtAsc, UpdatedAtDesc or UpdatedAtAsc, not '\(text.prefix(40))'.",
                    target: "orderBy")
            }
            order = wished
        }
        var count = defaultCount
        for name in ["count", "$top"] { count = try positive(name) ?? count }
        return PageRequest(after: after, count: count, order: order)
    }

    /// A positive number; nil when absent or empty.
    func positive(_ name: String) throws(ARMError) -> Int? {
        guard let text = query(name), !text.isEmpty else { return nil }
        guard let number = Int(text), number > 0 else {
            throw ARMError(
                .invalidRequestContent, "\(name) must be a positive number, not '\(text.prefix(40))'.", target: name)
        }
        return number
    }

    /// `listViewType`.
    func listView() throws(ARMError) -> ListView {
        guard let text = query("listViewType") else { return .activeOnly }
        return try choice(text, "listViewType", of: ListView.self)
    }

    /// `true` or `false`; nil when absent or empty.
    func flag(_ name: String) throws(ARMError) -> Bool? {
        guard let text = query(name)?.lowercased(), !text.isEmpty else { return nil }
        guard text == "true" || text == "false" else {
            throw ARMError(
                .invalidRequestContent, "\(name) is true or false, not '\(text.prefix(40))'.", target: name)
        }
        return text == "true"
    }

    /// Names, or names and values, that `tags` and `properties` ask for; with or without a dollar sign.
    func tagFilter(_ name: String) throws(ARMError) -> TagFilter? {
        guard let text = query(name) ?? query("$\(name)"), !text.isEmpty else { return nil }
        guard let filter = TagFilter(text) else {
            throw ARMError(
                .invalidRequestContent, "\(name) is a list such as name,other=value, not '\(text.prefix(40))'.",
                target: name)
        }
        return filter
    }

    /// The case that a parameter names, in any case of letters.
    func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ text: String, _ name: String, of type: Value.Type
    ) throws(ARMError) -> Value {
        guard let value = Value.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else {
            throw ARMError(
                .invalidRequestContent,
                "\(name) is one of \(Value.allCases.map(\.rawValue).joined(separator: ", ")), "
                    + "not '\(text.prefix(40))'.", target: name)
        }
        return value
    }
}

extension StringProtocol {
    fileprivate var trimmingSpaces: String {
        String(drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
