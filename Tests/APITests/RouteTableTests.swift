import HTTPTypes
import Hummingbird
import Resources
import Testing

@testable import API

@Suite struct RouteTableTests {
    private static let group = "/subscriptions/s/resourceGroups/g"
    private static let workspace = "\(group)/providers/Microsoft.MachineLearningServices/workspaces/w"
    private static let ml = "/subscriptions/{s}/resourceGroups/{g}/providers/Microsoft.MachineLearningServices"

    private static let table = RouteTable([
        route(.get, "/subscriptions/{s}"), route(.get, "/subscriptions/{s}/resourceGroups"),
        route(.put, "/subscriptions/{s}/resourceGroups/{g}"), route(.get, "/subscriptions/{s}/providers/{namespace}"),
        route(.get, "\(ml)/workspaces"), route(.delete, "\(ml)/workspaces/{w}"),
        route(.get, "\(ml)/workspaces/{w}/onlineEndpoints"),
        route(.post, "\(ml)/workspaces/{w}/onlineEndpoints/{e}/listKeys"),
        route(.put, "{scope}/providers/Microsoft.Authorization/roleAssignments/{n}"),
        route(.get, "{scope}/providers/Microsoft.Authorization/roleDefinitions"),
    ])

    private static func route(_ method: HTTPRequest.Method, _ template: String) -> APIRoute {
        let template = PathTemplate(template)
        let handler: APIRoute.Handler = { _, _ in Response(status: .ok) }
        return switch method {
        case .put: .put(template, use: handler)
        case .post: .post(template, use: handler)
        case .delete: .delete(template, use: handler)
        default: .get(template, use: handler)
        }
    }

    @Test(arguments: [
        ("GET", "/subscriptions/s", "Microsoft.Resources/subscriptions/read", "/subscriptions/s"),
        (
            "GET", "/SUBSCRIPTIONS/s/resourcegroups", "Microsoft.Resources/subscriptions/resourceGroups/read",
            "/subscriptions/s"
        ),
        ("PUT", group, "Microsoft.Resources/subscriptions/resourceGroups/write", group),
        (
            "PUT", "/subscriptions/s/resourceGroups/operationresults",
            "Microsoft.Resources/subscriptions/resourceGroups/write", "/subscriptions/s/resourceGroups/operationresults"
        ),
        (
            "GET", "/subscriptions/s/providers/P", "Microsoft.Resources/subscriptions/providers/read",
            "/subscriptions/s/providers/P"
        ),
        ("DELETE", workspace, "Microsoft.MachineLearningServices/workspaces/delete", workspace),
        (
            "GET", "\(group)/providers/Microsoft.MachineLearningServices/workspaces",
            "Microsoft.MachineLearningServices/workspaces/read", group
        ),
        (
            "GET", "\(workspace)/onlineEndpoints", "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/read",
            workspace
        ),
        (
            "POST", "\(workspace)/onlineEndpoints/providers/listKeys",
            "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/listKeys/action",
            "\(workspace)/onlineEndpoints/providers"
        ),
        (
            "PUT", "\(workspace)/providers/Microsoft.Authorization/roleAssignments/n",
            "Microsoft.Authorization/roleAssignments/write",
            "\(workspace)/providers/Microsoft.Authorization/roleAssignments/n"
        ),
        (
            "PUT", "/providers/Microsoft.Authorization/roleAssignments/n",
            "Microsoft.Authorization/roleAssignments/write", "/providers/Microsoft.Authorization/roleAssignments/n"
        ),
        (
            "GET", "/providers/Microsoft.Authorization/roleDefinitions", "Microsoft.Authorization/roleDefinitions/read",
            "/"
        ),
        (
            "GET", "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions",
            "Microsoft.Authorization/roleDefinitions/read", "/subscriptions/s"
        ),
    ]) func `a route needs a right on what its path names`(
        _ method: String, _ path: String, _ action: String, _ scope: String
    ) throws {
        let method = try #require(HTTPRequest.Method(method))
        let match = try #require(Self.table.match(method, RequestPath(path)))
        #expect(match.route.right(match.names) == Right(action: action, scope: scope))
    }

    @Test(arguments: [
        "/x/providers/Microsoft.Authorization/roleAssignments/n",
        "/subscriptions/s/resourceGroups/providers/Microsoft.Authorization/roleAssignments/n",
        "/subscriptions/providers/Microsoft.Authorization/roleAssignments/n",
        "\(workspace)/onlineEndpoints/providers/Microsoft.Authorization/roleAssignments/n",
        "/subscriptions/s/resourceGroups/g/more",
    ]) func `what does not stand at its place matches nothing`(_ path: String) throws {
        #expect(Self.table.match(.put, try RequestPath(path)) == nil)
    }

    @Test func `HEAD is answered by GET, other methods by nobody`() throws {
        let path = try RequestPath("/subscriptions/s")
        #expect(Self.table.match(.head, path)?.route.method == .get)
        #expect(Self.table.match(.post, path) == nil)
    }
}
