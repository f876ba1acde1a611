import Resources
import Testing

@testable import Templates

/// Names, ids and what a deployment knows of itself.
@Suite struct IdentityFunctionTests {
    private static let group = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg"

    static let rows: [FunctionRow] =
        hashes + ids + [
            ("[resourceGroup().location]", #""eastus""#),
            ("[resourceGroup().id]", "\"\(group)\""),
            ("[resourceGroup().tags.ENV]", #""dev""#),
            ("[resourceGroup().properties.provisioningState]", #""Succeeded""#),
            ("[subscription().subscriptionId]", #""00000000-0000-0000-0000-000000000000""#),
            ("[subscription().displayName]", #""test""#),
            ("[tenant().tenantId]", #""11111111-0000-0000-0000-000000000000""#),
            ("[tenant().displayName]", #""test""#),
            ("[environment().resourceManager]", #""https://localhost/""#),
            ("[environment().suffixes.storage]", #""local""#),
            ("[deployer().objectId]", #""22222222-0000-0000-0000-000000000000""#),
            ("[deployer().none]", "!doesn't exist"),
            ("[deployment().name]", #""test""#),
            ("[deployment().properties.mode]", #""Incremental""#),
            ("[deployment().properties.template.contentVersion]", #""1.0.0.0""#),
            (
                "[uri(deployment().properties.templateLink.uri, 'nested.json')]",
                #""https://localhost/templates/nested.json""#
            ),
            ("[deployment().location]", "!doesn't exist"),
            ("[managementGroup().id]", "!management group scope"),
            ("[managementGroup()]", "!management group scope"),
            ("[providers('Microsoft.Nothing', 'things')]", "!knows no resource type"),
            ("[providers('Microsoft.Nothing').namespace]", #""Microsoft.Nothing""#),
            ("[pickZones('Microsoft.Compute', 'virtualMachines', 'eastus')]", "[]"),
            ("[length(pickZones('Microsoft.Compute', 'virtualMachines', 'eastus', 3, 1))]", "0"),
            ("[roleDefinitions('reader').roleDefinitionId]", #""acdd72a7-3385-48ef-bd42-f606fba81ae7""#),
            ("[roleDefinitions('Emperor')]", "!no built-in role"),
            ("[toLogicalZone('a', '1')]", "!no availability zones"),
            ("[toLogicalZone('a', '2')]", "!no availability zones"),
            ("[toLogicalZones('a', createArray('1'))]", "!zones"),
            ("[toLogicalZones('a', createArray())]", "!zones"),
            ("[toPhysicalZone('a', '1')]", "!zones"),
            ("[toPhysicalZone('a', '2')]", "!zones"),
            ("[toPhysicalZones('a', createArray('1'))]", "!zones"),
            ("[toPhysicalZones('a', createArray())]", "!zones"),
        ]

    private static let hashes: [FunctionRow] = [
        ("[uniqueString('tyeth')]", #""zcztcwvu6iyg6""#), ("[uniqueString('hello', 'world')]", #""a7wkljktk6wne""#),
        ("[uniqueString('')]", #""aaaaaaaaaaaaa""#), ("[uniqueString('test')]", #""rbgf3xv4ufgzg""#),
        ("[uniqueString('test', 'test2')]", #""pivml2tg5alca""#), ("[uniqueString('test-test2')]", #""pivml2tg5alca""#),
        (
            "[uniqueString('/subscriptions/3c7f956b-55ee-4686-9d30-da1eb631dc59/resourceGroups/rg-devopsshieldek010dev')]",
            #""fd63l2gacbtca""#
        ),
        ("[uniqueString(resourceGroup().id)]", #""dojm7b5lc3trm""#), ("[length(uniqueString('a', 1, true()))]", "13"),
        ("[equals(uniqueString('a'), uniqueString('A'))]", "false"),
        ("[uniqueString(createArray())]", "!argument 1 to be a string"),
        ("[guid('abc')]", #""a9b46cc2-65a6-5559-9f14-7091827ab32f""#),
        ("[guid('abc', 'efg')]", #""61d06a12-4dad-5505-8b24-d6eafb52a77d""#),
        ("[equals(guid('a', 'b'), guid('a-b'))]", "true"), ("[equals(guid('a'), guid('A'))]", "false"),
        ("[guid(createObject())]", "!argument 1 to be a string"), ("[newGuid()]", "!only in the default value"),
        ("[concat(newGuid(), '')]", "!only in the default value"),
    ]

    private static let ids: [FunctionRow] = [
        ("[resourceId('Microsoft.ML/workspaces', 'ws')]", "\"\(group)/providers/Microsoft.ML/workspaces/ws\""),
        (
            "[resourceId('Microsoft.ML/workspaces/endpoints/deployments', 'ws', 'ep', 'blue')]",
            "\"\(group)/providers/Microsoft.ML/workspaces/ws/endpoints/ep/deployments/blue\""
        ),
        (
            "[resourceId('rg2', 'Microsoft.ML/workspaces', 'ws')]",
            #""/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg2/providers/Microsoft.ML/workspaces/ws""#
        ),
        (
            "[resourceId('11111111-0000-0000-0000-000000000000', 'rg2', 'Microsoft.ML/workspaces', 'ws')]",
            #""/subscriptions/11111111-0000-0000-0000-000000000000/resourceGroups/rg2/providers/Microsoft.ML/workspaces/ws""#
        ),
        ("[resourceId('Microsoft.ML/workspaces/endpoints', 'ws')]", "!needs 2 names"),
        ("[resourceId('Microsoft.ML/workspaces', 'a', 'b')]", "!needs 1 names"),
        ("[resourceId('workspaces', 'a')]", "!needs a resource type"),
        ("[resourceId('a', 'b', 'c', 'M.L/w', 'd')]", "!needs a resource type"),
        ("[resourceId('M.L/', 'a')]", "!fully qualified"),
        ("[resourceId('M.L/w', 1)]", "!argument 2 to be a string"),
        (
            "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'r')]",
            #""/subscriptions/00000000-0000-0000-0000-000000000000/providers/Microsoft.Authorization/roleDefinitions/r""#
        ),
        (
            "[subscriptionResourceId('11111111-0000-0000-0000-000000000000', 'M.L/w', 'r')]",
            #""/subscriptions/11111111-0000-0000-0000-000000000000/providers/M.L/w/r""#
        ),
        ("[subscriptionResourceId('a', 'b', 'M.L/w', 'r')]", "!too many arguments"),
        (
            "[tenantResourceId('Microsoft.Authorization/roleDefinitions', 'x')]",
            #""/providers/Microsoft.Authorization/roleDefinitions/x""#
        ),
        ("[tenantResourceId('M.L/w/e', 'x')]", "!needs 2 names"),
        (
            "[managementGroupResourceId('mg', 'Microsoft.Authorization/policyDefinitions', 'p')]",
            #""/providers/Microsoft.Management/managementGroups/mg/providers/Microsoft.Authorization/policyDefinitions/p""#
        ),
        ("[managementGroupResourceId('mg', 'M.L', 'p')]", "!fully qualified"),
        (
            "[extensionResourceId(resourceId('M.L/w', 'a'), 'Microsoft.Authorization/locks', 'n')]",
            "\"\(group)/providers/M.L/w/a/providers/Microsoft.Authorization/locks/n\""
        ),
        ("[extensionResourceId('/', 'M.L/w', 'n')]", #""/providers/M.L/w/n""#),
        ("[extensionResourceId(1, 'M.L/w', 'n')]", "!argument 1 to be a string"),
    ]

    @Test(arguments: [
        ("[resourceId('M.L/w', 'a')]", "/providers/M.L/w/a"),
        (
            "[resourceId('11111111-0000-0000-0000-000000000000', 'M.L/w', 'a')]",
            "11111111-0000-0000-0000-000000000000/providers/M.L/w/a"
        ),
        ("[deployment().location]", "eastus"),
        ("[subscription().id]", "/subscriptions/\(TemplateFixture.subscription)"),
    ])
    func `at subscription scope there is no group`(expression: String, expected: String) throws {
        let context = TemplateFixture.context(group: nil)
        let template = TemplateFixture.json(
            """
            {"$schema": "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#",
            "contentVersion": "1.0.0.0", "resources": []}
            """)
        let program = try TemplateFixture.program(template, context: context)
        #expect(try program.evaluate(.string(expression)).text?.hasSuffix(expected) == true)
        #expect(throws: EvaluationFailure.self) { try program.evaluate(.string("[resourceGroup()]")) }
    }
}
