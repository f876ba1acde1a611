import Foundation
import Hummingbird
import Resources

/// `{"nextLink": "…", "value": […]}`; the link is absolute and followed as it is.
enum ListBody {
    /// A page of a list that goes on at its link.
    static func document(_ page: Page<JSONValue>, _ request: Request, _ context: APIRequestContext) -> JSONValue {
        var body = Document()
        body.set("nextLink", page.next.map { PageLink.next($0, request, context) })
        body.set("value", page.items)
        return body.value
    }

    /// A list without pages.
    static func document(_ items: [JSONValue]) -> JSONValue {
        var body = Document()
        body.set("value", items)
        return body.value
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
