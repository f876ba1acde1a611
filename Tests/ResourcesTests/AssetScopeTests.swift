import Foundation
import Resources
import Testing

/// References are read in a workspace, and what they name must lie in it.
@Suite struct AssetScopeTests {
    private static let id = "11111111-2222-3333-4444-555555555555"
    private static let subscription = "aaaaaaaa-0000-0000-0000-000000000001"
    private static let group = "/subscriptions/\(subscription)/resourceGroups/ml"
    private static let provider = "/providers/Microsoft.MachineLearningServices"
    private static let here = "\(group)\(provider)/workspaces/main"
    private static let uri = "azureml://subscriptions/\(subscription)/resourcegroups/ml/workspaces/main"

    private static let scope = AssetScope(
        workspace: .workspace(subscription: subscription, resourceGroup: "ml", name: "main"),
        workspaceID: UUID(uuidString: id), storage: StorageAddress(hosts: ["localhost:8443", "ML.example.org"]))

    @Test(arguments: [
        "azureml:m:1", "azureml:m@latest", "m:1", "m@latest", "AzureML:m:1", "\(here)/models/m/versions/1",
        "\(here.lowercased())/models/m/versions/1", "\(here.uppercased())/MODELS/m/VERSIONS/1",
        "azureml:\(here)/models/m/versions/1", "azureml:\(here)/models/m/labels/latest",
        "azureml://models/m/versions/1",
        "\(uri)/models/m/versions/1",
        "\(uri.uppercased().replacing("AZUREML", with: "azureml"))/models/m/labels/latest",
        "azureml:/\(here)/models/m/versions/1", "azureml://locations/local/workspaces/\(id)/models/m/versions/1",
        "azureml://locations/local/workspaces/\(id.uppercased())/models/m/labels/latest",
    ])
    func `a model of the workspace itself is accepted in every form`(text: String) throws {
        let reference = try Self.scope.reference(text, .model)
        guard case .registered(let name, _, _) = reference else {
            Issue.record("\(reference)")
            return
        }
        #expect(name == "m")
    }

    @Test(arguments: AssetKind.allCases) func `every kind of asset is kept to its place`(kind: AssetKind) throws {
        let tail = "\(kind.rawValue)/a/versions/1"
        #expect(
            try Self.scope.reference("\(Self.here)/\(tail)", kind)
                == .registered(name: "a", version: "1", label: nil))
        let other = Self.here.replacing("/main", with: "/other")
        for text in ["\(other)/\(tail)", "azureml://registries/r/\(tail)"] {
            let error = #expect(throws: ARMError.self) { try Self.scope.reference(text, kind) }
            #expect(error?.code == .badArgument)
        }
    }

    @Test(arguments: [
        ("\(group)\(provider)/workspaces/other/models/m/versions/1", "the workspace 'other'"),
        ("azureml:\(group)\(provider)/workspaces/other/models/m/labels/latest", "the workspace 'other'"),
        (
            "/subscriptions/\(subscription)/resourceGroups/elsewhere\(provider)/workspaces/main/models/m/versions/1",
            "in the resource group 'elsewhere'"
        ),
        (
            "/subscriptions/bbbb/resourceGroups/ml\(provider)/workspaces/main/models/m/versions/1",
            "of the subscription 'bbbb'"
        ),
        (
            "\(group)/providers/Microsoft.Storage/workspaces/main/models/m/versions/1",
            "the type 'Microsoft.Storage/workspaces/models/versions'"
        ),
        ("\(group)\(provider)/registries/shared/models/m/versions/1", "the registry 'shared'"),
        ("azureml://registries/azureml/models/m/versions/1", "the registry 'azureml'"),
        ("azureml://registries/azureml/models/m/labels/latest", "the registry 'azureml'"),
        ("azureml://subscriptions/\(subscription)/resourceGroups/ml/workspaces/other/models/m/versions/1", "'other'"),
        (
            "azureml://subscriptions/\(subscription)/resourceGroups/ml\(provider)/workspaces/other/models/m/versions/1",
            "the workspace 'other'"
        ),
        (
            "azureml://subscriptions/\(subscription)/resourceGroups/ml/providers/Microsoft.Storage/workspaces/main/models/m/versions/1",
            "Microsoft.Storage/workspaces"
        ),
        ("azureml://locations/local/workspaces/main/models/m/versions/1", "the id 'main'"),
        (
            "azureml://locations/local/workspaces/99999999-2222-3333-4444-555555555555/models/m/versions/1",
            "the id '99999999"
        ),
        ("azureml://jobs/j/outputs/artifacts/paths/model/", "the job 'j'"),
        ("azureml://feeds/x/models/m/versions/1", "a place that is not known here"),
        ("runs:/0123/model", "a place that is not known here"),
        ("wasbs://box@contoso.blob.core.windows.net/model", "a place that is not known here"),
    ])
    func `a model of another place is refused with the name of the place`(text: String, place: String) {
        let error = #expect(throws: ARMError.self) { try Self.scope.reference(text, .model) }
        #expect(error?.code == .badArgument && error?.message.contains(place) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("the workspace 'main'") == true, "it says what would be allowed")
    }

    @Test(arguments: [
        "\(here)/environments/m/versions/1", "\(here)/models/m", "\(here)/onlineEndpoints/e/models/m/versions/1",
        "\(here)/models/m/versions/1/models/n/versions/1", "\(here)/models/m/tags/1", "azureml:/x", "/x", "m", "",
        "\(uri)/environments/m/versions/1", "\(uri)/models/m", "azureml://models/m", "azureml:/subscriptions/s",
        "\(group)\(provider)/workspaces/main",
    ])
    func `what names no model of the workspace is no reference`(text: String) {
        let error = #expect(throws: ARMError.self) { try Self.scope.reference(text, .model) }
        #expect(error?.message.contains("is not a reference to a model") == true, "\(error?.message ?? "")")
    }

    @Test(
        arguments: [
            ("azureml://datastores/d/paths/a/b", nil), ("\(uri)/datastores/d/paths/a/b/", nil),
            ("https://localhost:8443/sluice/code-1/src", nil), ("http://LOCALHOST:8443/sluice/code-1/src", nil),
            ("https://ml.example.org/sluice.blob.local/code-1/src?sv=1&sig=x", nil),
            ("https://ml.example.org/sluice.blob.core.windows.net/code-1/src", nil),
            ("https://sluice.blob.local/code-1/src", nil),
            (uri.replacing("/main", with: "/other") + "/datastores/d/paths/a", "the workspace 'other'"),
            (
                "azureml://subscriptions/bbbb/resourcegroups/ml/workspaces/main/datastores/d/paths/a",
                "the subscription 'bbbb'"
            ),
            ("azureml://registries/r/codes/c/versions/1", "the registry 'r'"),
            ("azureml://jobs/j/outputs/artifacts/paths/x", "the job 'j'"),
            ("https://contoso.blob.core.windows.net/box/src", "'contoso.blob.core.windows.net/box'"),
            ("https://sluice.blob.core.windows.net/code-1/src", "'sluice.blob.core.windows.net/code-1'"),
            ("https://localhost:8443/other/code-1/src", "'localhost:8443/other'"),
            ("https://localhost:8443/code-1/src", "'localhost:8443/code-1'"),
            ("https://localhost:8443/azureml-blobstore-1/src", "'localhost:8443/azureml-blobstore-1'"),
            ("https://localhost:9999/sluice/code-1/src", "'localhost:9999/sluice'"),
            ("https://example.org/sluice/code-1/src", "'example.org/sluice'"),
            ("https://localhost:8443@example.org/sluice/code-1/src", "'example.org/sluice'"),
            ("https://localhost:8443/sluicer/code-1/src", "'localhost:8443/sluicer'"),
            ("https://example.org/a/box/src?sig=secret", "'example.org/a'"), ("https:///sluice/code-1", "not known"),
            ("s3://bucket/src", "not known"), ("git+ssh://host/sluice/code-1", "not known"),
        ] as [(String, String?)])
    func `files are taken from the workspace's datastores and the installation's own account`(
        text: String, place: String?
    ) throws {
        for (kind, field) in [(AssetKind.code, "codeUri"), (.model, "modelUri")] {
            let request = try AssetVersionRequest(
                reading: body(#"{"properties": {"\#(field)": "\#(text)"}}"#), kind: kind)
            do throws(ARMError) {
                try request.checkPlace(in: Self.scope)
                #expect(place == nil)
            } catch {
                #expect(place.map { error.message.contains($0) } ?? false, "\(error.message)")
                #expect(error.code == .badArgument && !error.message.contains("secret"))
                #expect(error.target == "$.properties.\(field)")
            }
        }
    }

    @Test(arguments: [
        ("azureml://datastores/d/paths/a", true), ("https://example.org/data.csv", true),
        ("wasbs://box@contoso.blob.core.windows.net/data", true), ("\(uri)/datastores/d/paths/a", true),
        (uri.replacing("/main", with: "/other") + "/datastores/d/paths/a", false),
        ("azureml://registries/r/data/d/versions/1", false), ("azureml://jobs/j/outputs/x/paths/y", false),
        ("azureml://elsewhere/x", false),
    ])
    func `data may lie at any public address, and in no other workspace`(text: String, isAccepted: Bool) throws {
        let request = try AssetVersionRequest(
            reading: body(#"{"properties": {"dataType": "uri_file", "dataUri": "\#(text)"}}"#), kind: .data)
        do throws(ARMError) {
            try request.checkPlace(in: Self.scope)
            #expect(isAccepted)
        } catch {
            #expect(!isAccepted && error.target == "$.properties.dataUri")
        }
    }

    @Test func `where hosts are not known the account decides`() {
        let address = StorageAddress()
        #expect(address.contains(host: "anything", account: "sluice"))
        #expect(!address.contains(host: "anything", account: "a"))
        #expect(!address.contains(host: "contoso.blob.core.windows.net", account: "sluice"))
    }

    @Test func `in a workspace that is yet to be made nothing is named by its UUID`() {
        var scope = Self.scope
        scope.workspaceID = nil
        let text = "azureml://locations/local/workspaces/\(Self.id)/models/m/versions/1"
        #expect(throws: ARMError.self) { try scope.reference(text, .model) }
    }
}
