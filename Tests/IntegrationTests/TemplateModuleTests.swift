import Client
import Postgres
import Resources
import TestSupport
import Testing

/// Deployments of templates that are made of modules: nested deployments of inner scope that hand values and resource
/// groups on to each other.
@Suite struct TemplateModuleTests {
    private static let schemas = "https://schema.management.azure.com/schemas"
    private static let groupSchema = "\(schemas)/2019-04-01/deploymentTemplate.json#"
    private static let subscriptionSchema = "\(schemas)/2018-05-01/subscriptionDeploymentTemplate.json#"

    private static func template(_ schema: String, _ resources: [String], _ sections: String = "") -> String {
        let rest = sections.isEmpty ? "" : ", \(sections)"
        return """
            {"$schema": "\(schema)", "contentVersion": "1.0.0.0", "resources": [\(resources.joined(separator: ", "))]\(rest)}
            """
    }

    private static func module(
        _ name: String, _ template: String, after other: String? = nil, group: String? = nil, location: Bool = false,
        parameters: String = "{}"
    ) -> String {
        var members = [
            #""type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "\#(name)""#,
            #""properties": {"mode": "Incremental", "expressionEvaluationOptions": {"scope": "inner"}, "parameters": \#(parameters), "template": \#(template)}"#,
        ]
        if let other {
            members.append(
                #""dependsOn": ["[subscriptionResourceId('Microsoft.Resources/deployments', '\#(other)')]"]"#)
        }
        if let group { members.append(#""resourceGroup": "\#(group)""#) }
        if location { members.append(#""location": "westeurope""#) }
        return "{\(members.joined(separator: ", "))}"
    }

    private static func workspace(_ name: String, _ more: String = "") -> String {
        #"""
        {"type": "Microsoft.MachineLearningServices/workspaces", "apiVersion": "2024-04-01", "name": "\#(name)",
         "location": "[resourceGroup().location]", "properties": {}\#(more)}
        """#
    }

    private static func groupResource(_ name: String) -> String {
        #"{"type": "Microsoft.Resources/resourceGroups", "apiVersion": "2022-09-01", "name": "\#(name)", "location": "westeurope"}"#
    }

    private static func subscriptionPath(_ server: TestServer, _ name: String, _ verb: String = "") -> String {
        "/subscriptions/\(server.api.settings.subscriptionID)/providers/Microsoft.Resources/deployments/\(name)\(verb)"
    }

    private static func subscriptionBody(_ template: String) -> String {
        #"{"location": "westeurope", "properties": {"mode": "Incremental", "template": \#(template)}}"#
    }

    private func whatIf(_ server: TestServer, _ path: String, _ body: String) async throws -> Answer {
        let accepted = try await server.api.post(path, body)
        #expect(accepted.status == 202, "\(accepted.text)")
        return try await server.api.get(try #require(accepted.header("Location")))
    }

    /// Puts a deployment and waits for its end.
    private func deploy(_ server: TestServer, _ path: String, _ body: String) async throws {
        let accepted = try await server.api.put(path, body)
        #expect(accepted.status == 201, "\(accepted.text)")
        try await server.untilEnded(path)
        let end = try await server.api.get(path)
        #expect(end["properties.provisioningState"] == "Succeeded", "\(end.text)")
    }

    // MARK: Groups that modules make

    /// The group is made by a module, directly or by a module inside of it, and filled by one that waits for it.
    @Test(arguments: [false, true])
    func `a module may go to a group that an earlier one makes`(isDeep: Bool) async throws {
        try await TestServer.run(.withoutRouters) { server in
            var make = Self.template(Self.subscriptionSchema, [Self.groupResource("made-by-module")])
            if isDeep {
                make = Self.template(Self.subscriptionSchema, [Self.module("deep", make, location: true)])
            }
            let fill = Self.template(Self.groupSchema, [Self.workspace("inside")])
            let template = Self.template(
                Self.subscriptionSchema,
                [
                    // Written first, though it comes last.
                    Self.module("fill", fill, after: "between", group: "made-by-module"),
                    Self.module("group", make, location: true),
                    Self.module(
                        "between", Self.template(Self.subscriptionSchema, []), after: "group", location: true),
                ])
            let body = Self.subscriptionBody(template)
            let prediction = try await whatIf(server, Self.subscriptionPath(server, "rows", "/whatIf"), body)
            #expect(
                prediction.json["properties.changes"].texts("changeType") == ["Create", "Create"], "\(prediction.text)")
            #expect(prediction.json["properties.diagnostics"].items.isEmpty)
            try await deploy(server, Self.subscriptionPath(server, "rows"), body)
            #expect(try await server.texts("SELECT name FROM workspaces WHERE name = 'inside'") == ["inside"])
        }
    }

    @Test func `a module that does not wait for the group is refused`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let make = Self.template(Self.subscriptionSchema, [Self.groupResource("made-by-module")])
            let fill = Self.template(Self.groupSchema, [Self.workspace("inside")])
            for (maker, other) in [("group", nil), ("another", "group")] as [(String, String?)] {
                let template = Self.template(
                    Self.subscriptionSchema,
                    [
                        Self.module("group", Self.template(Self.subscriptionSchema, []), location: true),
                        Self.module(maker == "group" ? "maker" : maker, make, location: true),
                        Self.module("fill", fill, after: other, group: "made-by-module"),
                    ])
                let response = try await server.api.put(
                    Self.subscriptionPath(server, "rows"), Self.subscriptionBody(template))
                #expect(response.status == 404 && response.errorCode == "ResourceGroupNotFound", "\(response.text)")
            }
            #expect(try await server.count("SELECT count(*) FROM template_deployments") == 0)
        }
    }

    /// Its name is the output of another module, so nobody can say before whether the group will be there.
    @Test func `a group of a name that is known later leaves its module out of the prediction`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let names = Self.template(
                Self.subscriptionSchema, [], #""outputs": {"name": {"type": "string", "value": "made-by-module"}}"#)
            let make = Self.template(
                Self.subscriptionSchema, [Self.groupResource("[parameters('name')]")],
                #""parameters": {"name": {"type": "string"}}"#)
            let output =
                "[reference(subscriptionResourceId('Microsoft.Resources/deployments', 'names')).outputs.name.value]"
            let fill = Self.template(Self.groupSchema, [Self.workspace("inside")])
            let body = Self.subscriptionBody(
                Self.template(
                    Self.subscriptionSchema,
                    [
                        Self.module("names", names, location: true),
                        Self.module(
                            "group", make, after: "names", location: true,
                            parameters: #"{"name": {"value": "\#(output)"}}"#),
                        Self.module("fill", fill, after: "group", group: "made-by-module"),
                    ]))
            let prediction = try await whatIf(server, Self.subscriptionPath(server, "rows", "/whatIf"), body)
            let diagnostics = prediction.json["properties.diagnostics"]
            #expect(
                diagnostics.texts("code") == Array(repeating: "NestedDeploymentShortCircuited", count: 2),
                "\(prediction.text)")
            #expect(diagnostics.texts("level") == ["Warning", "Warning"])
            #expect(diagnostics.texts("target").map { $0.split(separator: "/").last } == ["group", "fill"])
            try await deploy(server, Self.subscriptionPath(server, "rows"), body)
            #expect(try await server.texts("SELECT name FROM workspaces WHERE name = 'inside'") == ["inside"])
        }
    }

    // MARK: Values that modules hand on

    private static let first = module(
        "first", template(groupSchema, [], #""outputs": {"o": {"type": "string", "value": "handed-on"}}"#))

    private static func second(_ resources: [String], _ sections: String = "") -> String {
        let parameters = #""parameters": {"note": {"type": "string"}}"#
        return """
            {"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "second", "dependsOn": ["first"],
             "properties": {"mode": "Incremental", "expressionEvaluationOptions": {"scope": "inner"},
              "parameters": {"note": {"value": "[reference('first').outputs.o.value]"}},
              "template": \(template(groupSchema, resources, sections.isEmpty ? parameters : "\(parameters), \(sections)"))}}
            """
    }

    @Test func `the resources of a module whose parameter is known later are predicted`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let template = Self.template(
                Self.groupSchema,
                [
                    Self.first,
                    Self.second([
                        Self.workspace("noted", #", "tags": {"note": "[parameters('note')]"}"#),
                        Self.workspace("plain"),
                        Self.workspace("[parameters('note')]"),
                    ]),
                ])
            let body = TestBody.deployment(of: template)
            let prediction = try await whatIf(
                server, server.templateDeployment("modules") + "/whatIf", body)
            let changes = prediction.json["properties.changes"]
            let created = changes.items.filter { $0["changeType"].text == "Create" }
            #expect(created.map { $0["after.name"].text } == ["noted", "plain"], "\(prediction.text)")
            #expect(created.first?["after.tags.note"].text == "[parameters('note')]")
            let diagnostics = prediction.json["properties.diagnostics"]
            #expect(diagnostics.texts("target").count == 1)
            #expect(diagnostics.texts("message").first?.contains("template.resources[2]") == true, "\(prediction.text)")
            try await deploy(server, server.templateDeployment("modules"), body)
            #expect(
                try await server.texts("SELECT name FROM workspaces ORDER BY name").suffix(3)
                    == ["handed-on", "noted", "plain"])
        }
    }

    @Test(arguments: [
        (workspace("a", #", "tags": {"t": "[nosuch(parameters('note'))]"}"#), "", "nosuch"),
        (
            workspace("a", #", "tags": {"t": "[concat(parameters('note'), parameters('lost'))]"}"#), "",
            "'lost' is not found"
        ),
        (workspace("a/b"), "", "must have 1 segments"),
        (workspace("a", #", "dependsOn": ["b"]"#), "", "'b' is not defined"),
        (
            #"{"type": "Microsoft.MachineLearningServices/nothings", "apiVersion": "2024-04-01", "name": "a"}"#, "",
            "nothings"
        ),
        (workspace("bad name!"), "", "bad name!"),
        (
            workspace("a"), #""outputs": {"o": {"type": "string", "value": "[variables('lost')]"}}"#,
            "'lost' is not found"
        ),
    ])
    func `a broken module behind such a parameter is refused`(resource: String, sections: String, part: String)
        async throws
    {
        try await TestServer.run(.withoutRouters) { server in
            let template = Self.template(Self.groupSchema, [Self.first, Self.second([resource], sections)])
            for verb in ["/validate", ""] {
                let path = server.templateDeployment("modules") + verb
                let body = TestBody.deployment(of: template)
                let response =
                    verb.isEmpty ? try await server.api.put(path, body) : try await server.api.post(path, body)
                #expect(response.status == 400 && response.text.contains(part), "\(response.text)")
            }
            #expect(try await server.count("SELECT count(*) FROM template_deployments") == 0)
        }
    }

    // MARK: Loops

    @Test func `a serial loop by expressions runs one batch after the other`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let loop =
                #", "copy": {"name": "loop", "count": 4, "mode": "[if(parameters('careful'), 'Serial', 'Parallel')]", "batchSize": "[parameters('together')]"}"#
            let template = Self.template(
                Self.groupSchema, [Self.workspace("[format('loop-{0}', copyIndex())]", loop)],
                #""parameters": {"careful": {"type": "bool", "defaultValue": true}, "together": {"type": "int", "defaultValue": 2}}"#
            )
            try await deploy(server, server.templateDeployment("loops"), TestBody.deployment(of: template))
            // The second batch began when the first one had ended.
            #expect(
                try await server.count(
                    """
                    SELECT count(*) FROM template_deployment_steps a, template_deployment_steps b
                    WHERE a.position < 2 AND b.position IN (2, 3) AND b.started_at < a.changed_at
                    """) == 0)
            for (size, rule) in [
                ("0", "from 1 to 4, the count of the loop"), ("5", "from 1 to 4, the count of the loop"),
            ] {
                let refused = try await server.api.put(
                    server.templateDeployment("loops"),
                    TestBody.deployment(of: template, parameters: #"{"together": {"value": \#(size)}}"#))
                #expect(refused.status == 400 && refused.text.contains(rule), "\(refused.text)")
            }
        }
    }
}
