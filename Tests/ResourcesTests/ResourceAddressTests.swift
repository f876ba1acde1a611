import Resources
import Testing

@Suite struct ResourceAddressTests {
    private static let ml = "Microsoft.MachineLearningServices"

    @Test(arguments: [
        ("/subscriptions/s", "", "Microsoft.Resources/subscriptions", ["s"]),
        ("/subscriptions/s/resourceGroups/g", "/subscriptions/s", "Microsoft.Resources/resourceGroups", ["g"]),
        (
            "/subscriptions/s/resourceGroups/g/providers/\(ml)/workspaces/w/models/m",
            "/subscriptions/s/resourceGroups/g", "\(ml)/workspaces/models", ["w", "m"]
        ),
        // Names are whatever stands in the place of a name.
        (
            "/subscriptions/providers/resourceGroups/resourceGroups", "/subscriptions/providers",
            "Microsoft.Resources/resourceGroups", ["resourceGroups"]
        ),
        (
            "/subscriptions/s/resourceGroups/providers/providers/\(ml)/workspaces/providers",
            "/subscriptions/s/resourceGroups/providers", "\(ml)/workspaces", ["providers"]
        ),
        (
            "/subscriptions/s/resourceGroups/g/providers/\(ml)/workspaces/providers/models/operationresults",
            "/subscriptions/s/resourceGroups/g", "\(ml)/workspaces/models", ["providers", "operationresults"]
        ),
        // In the place of a type, providers begins what extends the resource.
        (
            "/subscriptions/s/providers/\(ml)/locations/l/providers/Microsoft.Authorization/roleAssignments/n",
            "/subscriptions/s/providers/\(ml)/locations/l", "Microsoft.Authorization/roleAssignments", ["n"]
        ),
        (
            "/providers/Microsoft.Authorization/roleAssignments/n", "", "Microsoft.Authorization/roleAssignments", ["n"]
        ),
    ]) func `an id is read by position`(_ id: String, _ scope: String, _ type: String, _ names: [String]) throws {
        let found = try #require(ResourceAddress(id: id))
        #expect(found == ResourceAddress(scope: scope, type: type, names: names))
        #expect(found.id == id)
    }

    @Test(arguments: [
        "", "/", "/subscriptions", "subscriptions/s", "/subscriptions/s/", "/subscriptions//resourceGroups/g",
        "/subscriptions/s/resourceGroups", "/subscriptions/s/resourceGroups/providers/\(ml)/workspaces/w",
        "/subscriptions/s/providers/\(ml)", "/subscriptions/s/providers/\(ml)/workspaces",
        "/x/providers/Microsoft.Authorization/roleAssignments/n", "/resourceGroups/g", "/providers/a/b/c/providers/d/e",
    ]) func `anything else is no id`(_ id: String) {
        #expect(ResourceAddress(id: id) == nil)
    }
}
