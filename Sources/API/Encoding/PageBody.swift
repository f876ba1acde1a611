import Foundation
import Hummingbird
import Resources

/// `{"value": […], "nextLink": "…"}`; the link is absolute and followed as it is.
struct PageBody<Item: Encodable>: Encodable {
    let value: [Item]
    let nextLink: String?

    init<Source: Sendable>(
        _ page: Page<Source>, _ request: Request, _ context: APIRequestContext, encode: (Source) throws -> Item
    ) rethrows {
        value = try page.items.map(encode)
        nextLink = page.next.map { PageLink.next($0, request, context) }
    }
}

/// Where the rest of a list is.
enum PageLink {
    /// The same list from the next position on, with the caller's other parameters.
    static func next(_ token: PageToken, _ request: Request, _ context: APIRequestContext) -> String {
        let others =
            request.uri.query?.split(separator: "&").filter { part in
                let name = part.split(separator: "=").first?.lowercased()
                return !["$skip", "%24skip", "$skiptoken", "%24skiptoken"].contains(name)
            } ?? []
        let query = (others.map(String.init) + ["$skip=\(token.text)"]).joined(separator: "&")
        return "\(context.baseURL)\(request.uri.path)?\(query)"
    }
}
