import Foundation
import Resources
import Templates

/// Where the templates are deployed to: a system that responds to every request.
struct Surroundings {
    private var runtime = RuntimeValues()

    static let inputs = BindingInputs(
        now: Date(timeIntervalSince1970: 1_700_000_000),
        newGuid: { UUID(uuid: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)) })

    static func context(_ group: String?) -> DeploymentContext {
        let scope = DeploymentScope(subscriptionID: "s", resourceGroup: group)
        func object(_ members: (String, String)...) -> JSONValue {
            .object(JSONObject(members.map { ($0.0, .string($0.1)) }))
        }
        return DeploymentContext(
            scope: scope, name: "d", subscription: object(("id", "/subscriptions/s"), ("subscriptionId", "s")),
            tenant: object(("tenantId", "t")), environment: object(("name", "AzureCloud")),
            deployer: object(("objectId", "o")),
            resourceGroup: group.map { object(("id", scope.id), ("name", $0), ("location", "eastus")) })
    }

    /// The result of an evaluation that gets what it asks for; nil when it asks without an end.
    mutating func answering<Result>(_ evaluate: (RuntimeValues) throws -> Result) throws -> Result? {
        for turn in 0..<20 {
            do {
                return try evaluate(runtime)
            } catch EvaluationFailure.needs(let request) {
                runtime[request] = .object(
                    JSONObject([
                        ("properties", .object(JSONObject([("x", .integer(Int64(turn))), ("a", .array([]))]))),
                        ("key", .string("k")),
                    ]))
            }
        }
        return nil
    }
}
