import Foundation
import Resources

@testable import Templates

/// A deployment to a group that exists only here.
enum TemplateFixture {
    static let subscription = "00000000-0000-0000-0000-000000000000"

    static func context(
        subscription: String = subscription, group: String? = "rg", location: String = "eastus", name: String = "test"
    ) -> DeploymentContext {
        let scope = DeploymentScope(subscriptionID: subscription, resourceGroup: group)
        let groupObject = group.map { group in
            JSONObject([
                ("id", .string(scope.id)), ("name", .string(group)),
                ("type", .string("Microsoft.Resources/resourceGroups")), ("location", .string(location)),
                ("tags", .object(JSONObject([("env", .string("dev"))]))),
                ("properties", .object(JSONObject([("provisioningState", .string("Succeeded"))]))),
            ])
        }
        return DeploymentContext(
            scope: scope, name: name, location: group == nil ? location : nil,
            subscription: .object(
                JSONObject([
                    ("id", .string("/subscriptions/\(subscription)")), ("subscriptionId", .string(subscription)),
                    ("tenantId", .string("11111111-0000-0000-0000-000000000000")), ("displayName", .string("test")),
                ])),
            tenant: json(#"{"tenantId": "11111111-0000-0000-0000-000000000000", "displayName": "test"}"#),
            environment: json(
                """
                {"name": "AzureCloud", "resourceManager": "https://localhost/", "authentication": {"loginEndpoint":
                "https://localhost/", "audiences": ["https://localhost"], "tenant": "common", "identityProvider": "AAD"},
                "portal": "https://portal.azure.com", "gallery": "https://gallery", "graph": "https://graph", "suffixes": {"storage": "local",
                "keyvaultDns": ".vault.local", "sqlServerHostname": ".sql.local", "acrLoginServer": ".azurecr.io"}}
                """), deployer: json(#"{"objectId": "22222222-0000-0000-0000-000000000000"}"#),
            resourceGroup: groupObject.map { .object($0) },
            templateLink: json(#"{"uri": "https://localhost/templates/azuredeploy.json"}"#))
    }

    static let inputs = BindingInputs(
        now: Date(timeIntervalSince1970: 1_700_000_000),
        newGuid: { UUID(uuidString: "33333333-0000-4000-8000-000000000000") ?? UUID() })

    /// A document written in a test.
    static func json(_ text: String) -> JSONValue {
        do {
            return try JSONParser.parse(text.utf8, as: .template)
        } catch {
            fatalError("\(error)")
        }
    }

    /// A template of a group with these sections.
    static func template(_ sections: String, version: String? = nil) -> JSONValue {
        let language = version.map { #""languageVersion": "\#($0)", "# } ?? ""
        return json(
            """
            {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
            "contentVersion": "1.0.0.0", \(language)\(sections)}
            """)
    }

    /// What the first of the problems that are thrown says.
    static func message(of error: any Error) -> String {
        switch error {
        case let problem as TemplateProblem: problem.message
        case let problems as TemplateProblems: problems.list.first?.message ?? ""
        case EvaluationFailure.problem(let problem): problem.message
        default: "\(error)"
        }
    }

    static func program(
        _ template: JSONValue, _ supplied: JSONValue? = nil, context: DeploymentContext = context()
    ) throws -> DeploymentProgram {
        try DeploymentProgram(
            try Template(reading: template), supplied: supplied, context: context, inputs: inputs)
    }

    /// The value of one expression, with parameters of these values.
    static func evaluate(
        _ expression: String, parameters: JSONValue = .object(JSONObject()), context: DeploymentContext = context()
    ) throws -> JSONValue {
        let declarations = parameters.members.map { member in
            let type =
                switch member.value {
                case .string: "string"
                case .integer, .number: "int"
                case .boolean: "bool"
                case .array: "array"
                case .object, .null: "object"
                }
            return (
                member.name,
                JSONValue.object(JSONObject([("type", .string(type)), ("defaultValue", member.value)]))
            )
        }
        let document = template(#""resources": []"#)
        guard case .object(var object) = document else { return .null }
        object.set("parameters", .object(JSONObject(declarations)))
        return try program(.object(object), context: context).evaluate(.string(expression))
    }
}

/// The project's shared data, where it is at hand: beside the project, or where the environment says.
enum SharedFixtures {
    static let directory: URL? = {
        let named = ProcessInfo.processInfo.environment["SLUICE_FIXTURES"].map { URL(filePath: $0) }
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let candidates = [named, root.deletingLastPathComponent().appending(path: "shared/fixtures")].compactMap { $0 }
        return candidates.first { FileManager.default.fileExists(atPath: $0.path) }
    }()

    static func read(_ url: URL) throws -> JSONValue {
        try JSONParser.parse(try Data(contentsOf: url), as: .template)
    }
}
