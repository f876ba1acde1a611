import Foundation
import Testing

@testable import Resources

@Suite struct AccessTests {
    private static let group = "/subscriptions/s/resourceGroups/g"
    private static let workspace = "\(group)/providers/Microsoft.MachineLearningServices/workspaces/w"

    @Test(arguments: [
        ("GET", "/subscriptions/s", "Microsoft.Resources/subscriptions/read", "/subscriptions/s"),
        (
            "GET", "/subscriptions/s/resourcegroups", "Microsoft.Resources/subscriptions/resourceGroups/read",
            "/subscriptions/s"
        ),
        ("PUT", group, "Microsoft.Resources/subscriptions/resourceGroups/write", group),
        (
            "POST", "\(group)/exportTemplate", "Microsoft.Resources/subscriptions/resourceGroups/exportTemplate/action",
            group
        ),
        ("GET", "\(group)/resources", "Microsoft.Resources/subscriptions/resourceGroups/resources/read", group),
        ("GET", "\(group)/deployments/d/operations", "Microsoft.Resources/deployments/operations/read", group),
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
            "POST", "\(workspace)/onlineEndpoints/e/listKeys",
            "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/listKeys/action",
            "\(workspace)/onlineEndpoints/e"
        ),
        (
            "POST", "\(group)/providers/Microsoft.Resources/deployments/d/validate",
            "Microsoft.Resources/deployments/validate/action",
            "\(group)/providers/Microsoft.Resources/deployments/d"
        ),
        (
            "PUT", "\(workspace)/providers/Microsoft.Authorization/roleAssignments/n",
            "Microsoft.Authorization/roleAssignments/write",
            "\(workspace)/providers/Microsoft.Authorization/roleAssignments/n"
        ),
        (
            "PUT", "/providers/Microsoft.Authorization/roleAssignments/n",
            "Microsoft.Authorization/roleAssignments/write",
            "/providers/Microsoft.Authorization/roleAssignments/n"
        ),
        (
            "GET", "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions",
            "Microsoft.Authorization/roleDefinitions/read", "/subscriptions/s"
        ),
        (
            "POST", "/subscriptions/s/providers/Microsoft.Resources/register",
            "Microsoft.Resources/subscriptions/providers/read", "/subscriptions/s"
        ),
    ]) func `a call asks for an action at a place`(_ method: String, _ path: String, _ name: String, _ scope: String) {
        #expect(RequestedAction(method: method, path: path) == RequestedAction(name: name, scope: scope))
    }

    @Test(arguments: [
        ("GET", "/subscriptions"), ("GET", "/tenants"),
        ("POST", "/providers/Microsoft.Resources/calculateTemplateHash"),
        ("GET", "\(group)/providers/Microsoft.Resources/deployments/d/operationStatuses/o"),
        ("GET", "/subscriptions/s/providers/Microsoft.MachineLearningServices/locations/l/mfeOperationsStatus/o"),
    ]) func `some calls need no right`(_ method: String, _ path: String) {
        #expect(RequestedAction(method: method, path: path) == nil)
    }

    @Test(arguments: [
        ("Owner", "Microsoft.Authorization/roleAssignments/write", true),
        ("Contributor", "Microsoft.Authorization/roleAssignments/write", false),
        ("Contributor", "microsoft.machinelearningservices/WORKSPACES/write", true),
        ("Reader", "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/read", true),
        ("Reader", "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/listKeys/action", false),
        ("User Access Administrator", "Microsoft.Authorization/roleAssignments/delete", true),
        ("User Access Administrator", "Microsoft.Resources/deployments/write", false),
        ("AzureML Data Scientist", "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/write", true),
        ("AzureML Data Scientist", "Microsoft.MachineLearningServices/workspaces/write", false),
        ("AzureML Data Scientist", "Microsoft.MachineLearningServices/workspaces/computes/start/action", true),
        ("AzureML Data Scientist", "Microsoft.MachineLearningServices/workspaces/computes/c/write", false),
    ]) func `a role allows what its patterns say`(_ role: String, _ action: String, _ isAllowed: Bool) throws {
        let found = try #require(RoleDefinition.builtIn.first { $0.name == role })
        #expect(found.allows(action) == isAllowed)
    }

    @Test(arguments: [
        ("/", group, true), (group, workspace, true), (workspace, group, false),
        ("/SUBSCRIPTIONS/s", group, true), ("/subscriptions/s/resourceGroups/gg", group, false),
        ("/subscriptions/s/resourceGroups/g", "/subscriptions/s/resourceGroups/gg", false),
    ]) func `an assignment holds for its scope and below`(_ scope: String, _ place: String, _ holds: Bool) {
        let audit = AuditTrail(createdBy: "", createdAt: .distantPast, lastModifiedBy: "", lastModifiedAt: .distantPast)
        let assignment = RoleAssignment(
            name: UUID(), scope: scope, roleDefinitionID: UUID(), principalID: UUID(), principalType: .user,
            description: nil, audit: audit)
        #expect(assignment.covers(place) == holds)
    }
}
