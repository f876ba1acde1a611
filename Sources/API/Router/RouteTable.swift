package import HTTPTypes

/// All routes, found by method and position.
package struct RouteTable: Sendable {
    package let routes: [APIRoute]
    /// Of equally long templates the one with the most words comes first.
    private let byLength: [Int: [APIRoute]]
    private let extensions: [APIRoute]

    package struct Match: Sendable {
        package let route: APIRoute
        package let names: [String: String]
    }

    package init(_ routes: [APIRoute]) {
        self.routes = routes
        let sorted = routes.sorted { $0.template.wordCount > $1.template.wordCount }
        byLength = Dictionary(grouping: sorted.filter { !$0.template.isExtension }) { $0.template.parts.count }
        extensions = sorted.filter(\.template.isExtension)
        for (index, route) in routes.enumerated() {
            let isTwice = routes[..<index].contains { $0.method == route.method && $0.template == route.template }
            precondition(!isTwice, "\(route.method) \(route.template) is registered twice")
        }
    }

    /// The route of a path; HEAD is answered by the route of GET.
    package func match(_ method: HTTPRequest.Method, _ path: RequestPath) -> Match? {
        let method = method == .head ? .get : method
        for route in (byLength[path.segments.count] ?? []) + extensions where route.method == method {
            if let names = route.template.match(path) { return Match(route: route, names: names) }
        }
        return nil
    }
}
