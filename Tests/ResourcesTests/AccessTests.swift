import Foundation
import Testing

@testable import Resources

@Suite struct AccessTests {
    private static let group = "/subscriptions/s/resourceGroups/g"
    private static let workspace = "\(group)/providers/Microsoft.MachineLearningServices/workspaces/w"

    @Test(arguments: [
        (Right.Verb.read, "/subscriptions/s", "Microsoft.Resources/subscriptions/read"),
        (.write, group, "Microsoft.Resources/subscriptions/resourceGroups/write"),
        (.delete, workspace, "Microsoft.MachineLearningServices/workspaces/delete"),
        (
            .action("listKeys"), "\(workspace)/onlineEndpoints/e",
            "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/listKeys/action"
        ),
        (
            .write, "\(workspace)/providers/Microsoft.Authorization/roleAssignments/n",
            "Microsoft.Authorization/roleAssignments/write"
        ),
    ]) func `a right is a verb on a resource`(_ verb: Right.Verb, _ id: String, _ action: String) throws {
        #expect(Right(verb, try #require(ResourceAddress(id: id))) == Right(action: action, scope: id))
    }

    @Test(arguments: ["Owner", "Contributor", "Reader", "AzureML Data Scientist"])
    func `no action implies one on data`(_ name: String) throws {
        let role = try #require(RoleDefinition.find(named: name))
        #expect(!role.allows(data: "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"))
        let reader = try #require(RoleDefinition.find(named: "Storage Blob Data Reader"))
        #expect(reader.allows(data: "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"))
        #expect(!reader.allows(data: "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write"))
    }

    @Test func `every role has an id and a name of its own`() {
        #expect(Set(RoleDefinition.builtIn.map(\.id)).count == RoleDefinition.builtIn.count)
        #expect(Set(RoleDefinition.builtIn.map { $0.name.lowercased() }).count == RoleDefinition.builtIn.count)
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
        ("AzureML Data Scientist", "Microsoft.MachineLearningServices/workspaces/computes/write", false),
        ("AzureML Data Scientist", "Microsoft.MachineLearningServices/workspaces/read", true),
        ("AzureML Data Scientist", "Microsoft.MachineLearningServices/workspaces/delete", false),
        ("AzureML Data Scientist", "Microsoft.Resources/deployments/write", false),
        ("AzureML Data Scientist", "Microsoft.Resources/subscriptions/resourceGroups/read", false),
        ("Contributor", "Microsoft.Authorization/roleDefinitions/delete", false),
        ("Reader", "Microsoft.MachineLearningServices/workspaces/datastores/listSecrets/action", false),
        ("AzureML Metrics Writer (preview)", "Microsoft.MachineLearningServices/workspaces/write", false),
    ]) func `a role allows what its patterns say`(_ role: String, _ action: String, _ isAllowed: Bool) throws {
        let found = try #require(RoleDefinition.builtIn.first { $0.name == role })
        #expect(found.allows(action) == isAllowed)
    }

    @Test(arguments: [
        ("/", group, true), (group, workspace, true), (workspace, group, false),
        ("/SUBSCRIPTIONS/s", group, true), ("/subscriptions/s/resourceGroups/gg", group, false),
        ("/subscriptions/s/resourceGroups/g", "/subscriptions/s/resourceGroups/gg", false),
        // Not the same word, whatever a database takes for its lower case: KELVIN SIGN.
        ("/subscriptions/s/resourceGroups/k", "/subscriptions/s/resourceGroups/\u{212A}", false),
    ]) func `an assignment holds for its scope and below`(_ scope: String, _ place: String, _ holds: Bool) {
        let audit = AuditTrail(createdBy: "", createdAt: .distantPast, lastModifiedBy: "", lastModifiedAt: .distantPast)
        let assignment = RoleAssignment(
            name: UUID(), scope: scope, roleDefinitionID: UUID(), principalID: UUID(), principalType: .user,
            description: nil, audit: audit)
        #expect(assignment.covers(place) == holds)
    }
}
