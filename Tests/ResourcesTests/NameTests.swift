import Foundation
import Resources
import Testing

@Suite struct ResourceIDTests {
    static let workspace =
        "/subscriptions/S1/resourceGroups/Rg/providers/Microsoft.MachineLearningServices/workspaces/Ws"

    @Test func `an id is taken apart and put together as it was written`() throws {
        let text = Self.workspace + "/onlineEndpoints/Ep/deployments/Blue"
        let id = try #require(ResourceID(text))
        #expect(id.description == text && id.canonical == text.lowercased())
        #expect(id.subscription == "S1" && id.resourceGroup == "Rg" && id.name == "Blue")
        #expect(id.type == "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments")
        #expect(id.name(of: "ONLINEendpoints") == "Ep" && id.name(of: "models") == nil)
        #expect(id.parent.description == Self.workspace + "/onlineEndpoints/Ep")
        #expect(id.workspace.description == Self.workspace)
        #expect(id.workspace.parent == id.workspace)
    }

    @Test func `ids are equal without regard to case`() throws {
        let (first, second) = (
            try #require(ResourceID(Self.workspace)), try #require(ResourceID(Self.workspace.uppercased()))
        )
        #expect(first == second)
        #expect(Set([first, second]).count == 1)
        #expect(first != first.child("models", "m"))
    }

    @Test func `ids are made from their parts`() {
        let id = ResourceID.workspace(subscription: "S1", resourceGroup: "Rg", name: "Ws")
        #expect(id.description == Self.workspace)
        #expect(
            id.child("onlineEndpoints", "e").child("deployments", "d").description == Self.workspace
                + "/onlineEndpoints/e/deployments/d")
        let group = ResourceID.resourceGroup(subscription: "S1", name: "Rg")
        #expect(group.description == "/subscriptions/S1/resourceGroups/Rg" && group.name == "Rg")
    }

    @Test(arguments: [
        "", "/", "subscriptions/s/resourceGroups/g/providers/p/t/n", "/subscriptions/s",
        "/subscriptions/s/resourceGroups/g",
        "/subscriptions/s/resourceGroups/g/providers/p", "/subscriptions/s/resourceGroups/g/providers/p/t",
        workspace + "/", workspace + "/models",
        "/subscriptions//resourceGroups/g/providers/p/t/n", "/subs/s/resourceGroups/g/providers/p/t/n",
        "/subscriptions/s/groups/g/providers/p/t/n",
        "/subscriptions/s/resourceGroups/g/provider/p/t/n", "//subscriptions/s/resourceGroups/g/providers/p/t/n",
    ])
    func `a text that is no resource's id is refused`(text: String) {
        #expect(ResourceID(text) == nil)
    }
}

@Suite struct AssetReferenceTests {
    static let ws = "subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"

    static let accepted: [(String, AssetReference)] = [
        ("/\(ws)/models/m/versions/3", .registered(name: "m", version: "3", label: nil)),
        ("/\(ws)/models/m/labels/latest", .registered(name: "m", version: nil, label: "latest")),
        ("azureml:/\(ws)/models/m/versions/3", .registered(name: "m", version: "3", label: nil)),
        ("/\(ws)/MODELS/m/VERSIONS/3", .registered(name: "m", version: "3", label: nil)),
        ("azureml:m:3", .registered(name: "m", version: "3", label: nil)),
        ("AzureML:m:3", .registered(name: "m", version: "3", label: nil)),
        ("m:3", .registered(name: "m", version: "3", label: nil)),
        ("azureml:m@latest", .registered(name: "m", version: nil, label: "latest")),
        ("m@latest", .registered(name: "m", version: nil, label: "latest")),
        ("azureml://registries/r/models/m/versions/3", .registered(name: "m", version: "3", label: nil)),
        ("azureml://registries/r/models/m/labels/latest", .registered(name: "m", version: nil, label: "latest")),
        ("azureml://registries/models/models/m/versions/3", .registered(name: "m", version: "3", label: nil)),
        ("azureml://locations/l/workspaces/w/models/m/versions/3", .registered(name: "m", version: "3", label: nil)),
        ("azureml://datastores/d/paths/a/b.pkl", .datastorePath(datastore: "d", path: "a/b.pkl")),
        (
            "azureml://subscriptions/s/resourceGroups/g/workspaces/w/datastores/d/paths/a/b/",
            .datastorePath(datastore: "d", path: "a/b")
        ),
        ("https://account.blob.core.windows.net/c/p/f", .blobURL("https://account.blob.core.windows.net/c/p/f")),
        ("HTTP://h/c/p", .blobURL("HTTP://h/c/p")),
    ]

    @Test(arguments: accepted)
    func `every published form is read`(text: String, reference: AssetReference) {
        #expect(AssetReference(text, kind: .model) == reference)
    }

    @Test(arguments: [
        "", "m", "azureml:", "azureml:m", "azureml::3", ":3", "azureml:m:", "m:", "@latest", "azureml:@latest", "m@",
        "azureml://", "azureml://x",
        "azureml://registries/r/models/m", "azureml://registries/r/models/m/versions", "azureml://datastores/d",
        "azureml://datastores/d/files/x",
        "/\(ws)/models/m", "/\(ws)", "/x", "azureml:/subscriptions/s",
        "/\(ws)/environments/e/versions/1", "azureml://registries/r/environments/e/versions/1",
    ])
    func `a text that names no model is refused`(text: String) {
        #expect(AssetReference(text, kind: .model) == nil)
    }

    @Test(arguments: AssetKind.allCases)
    func `every kind has its own collection`(kind: AssetKind) {
        let expected = AssetReference.registered(name: "a", version: "1", label: nil)
        #expect(AssetReference("/\(Self.ws)/\(kind.rawValue)/a/versions/1", kind: kind) == expected)
        #expect(AssetReference("azureml://registries/r/\(kind.rawValue)/a/versions/1", kind: kind) == expected)
    }
}

@Suite struct ResourceNameTests {
    @Test(arguments: [
        ("abc", true), ("a-b", true), ("A1-b2-C3", true), (String(repeating: "a", count: 32), true),
        (String(repeating: "a", count: 33), false),
        ("ab", false), ("", false), ("1ab", false), ("-ab", false), ("ab-", false), ("a--b", false), ("a_b", false),
        ("a.b", false), ("ünï", false),
        ("a b", false), ("abc\n", false), ("ab\r\n", false), ("abc\0", false), ("aе́c", false),
    ])
    func `endpoints and deployments have 3 to 32 letters, digits and single hyphens`(name: String, isValid: Bool) {
        #expect(
            isAccepted { () throws(ARMError) in try ResourceName.checkEndpointOrDeployment(name, kind: "endpoint") }
                == isValid)
    }

    @Test(arguments: [
        ("abc", true), ("1-_", true), (String(repeating: "a", count: 33), true),
        (String(repeating: "a", count: 34), false), ("ab", false),
        ("_ab", false), ("-ab", false), ("a.b", false), ("", false), ("äbc", false),
    ])
    func `workspaces have 3 to 33 letters, digits, hyphens and underscores`(name: String, isValid: Bool) {
        #expect(isAccepted { () throws(ARMError) in try ResourceName.checkWorkspace(name) } == isValid)
    }

    @Test(arguments: [
        ("a", true), ("1", true), ("a.b-c_d", true), (String(repeating: "a", count: 255), true),
        (String(repeating: "a", count: 256), false),
        ("", false), (".a", false), ("-a", false), ("a/b", false), ("a b", false), ("a:b", false), ("a@b", false),
    ])
    func `assets have 1 to 255 letters, digits and a few signs`(name: String, isValid: Bool) {
        #expect(isAccepted { () throws(ARMError) in try ResourceName.checkAsset(name, kind: "model") } == isValid)
    }

    @Test(arguments: [
        ("g", true), ("a.b(c)-_d", true), ("ä日", true), (String(repeating: "a", count: 90), true),
        (String(repeating: "a", count: 91), false), ("", false),
        ("a.", false), ("a b", false), ("a/b", false),
    ])
    func `resource groups have 1 to 90 characters and no dot at the end`(name: String, isValid: Bool) {
        #expect(isAccepted { () throws(ARMError) in try ResourceName.checkResourceGroup(name) } == isValid)
    }

    private func isAccepted(_ check: () throws(ARMError) -> Void) -> Bool {
        do {
            try check()
            return true
        } catch {
            #expect(error.code == .invalidResourceName && error.target == "name")
            return false
        }
    }
}
