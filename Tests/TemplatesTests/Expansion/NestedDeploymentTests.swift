import Resources
import Testing

@testable import Templates

/// Templates inside of templates.
@Suite struct NestedDeploymentTests {
    private typealias Fixture = TemplateFixture

    private static func nested(_ properties: String, _ members: String = "") -> String {
        Fixture.resource(
            "child", #""properties": {\#(properties)}"# + (members.isEmpty ? "" : ", \(members)"),
            type: "Microsoft.Resources/deployments")
    }

    private static func inner(_ sections: String) -> String { JSONWriter.text(of: Fixture.template(sections)) }

    /// The program of the resource `child`.
    private static func child(_ expansion: Expansion, _ runtime: RuntimeValues = RuntimeValues()) throws
        -> DeploymentProgram
    {
        let resource = try #require(expansion.resource("child"))
        let nested = try expansion.nested(resource, runtime)
        guard case .inline(let document) = nested.source else {
            throw TemplateProblem(.invalidTemplate, "no inline template")
        }
        var context = Fixture.context(group: nested.target.resourceGroup, name: resource.name)
        context.scope = nested.target
        return try expansion.program(nested, template: document, of: resource, context: context, inputs: Fixture.inputs)
    }

    private static let rest = #"""
        "parameters": {"p": {"type": "string", "defaultValue": "parent"}}, "variables": {"v": "of the parent"},
        "functions": [{"namespace": "f", "members": {"x": {"parameters": [], "output": {"type": "string", "value": "fx"}}}}]
        """#

    private static func template(_ expression: String, _ sections: String = "") -> String {
        inner(
            #"\#(sections)"resources": [\#(Fixture.resource("[concat('n-', \(expression))]"))], "outputs": {"o": {"type": "string", "value": "[deployment().name]"}}"#
        )
    }

    @Test(arguments: [
        ("", "variables('v')", "n-of the parent", "test"),
        (#""expressionEvaluationOptions": {"scope": "Outer"},"#, "parameters('p')", "n-parent", "test"),
        ("", "f.x()", "n-fx", "test"),
        (#""expressionEvaluationOptions": {"scope": "inner"},"#, "'own'", "n-own", "child"),
        (#""expressionEvaluationOptions": {"scope": "[concat('in', 'ner')]"},"#, "'own'", "n-own", "child"),
        (#""expressionEvaluationOptions": "[createObject('scope', 'inner')]","#, "'own'", "n-own", "child"),
        (#""expressionEvaluationOptions": {"scope": "NotSpecified"},"#, "parameters('p')", "n-parent", "test"),
    ])
    func `expressions of outer scope are the parent's`(
        options: String, expression: String, name: String, deployment: String
    ) throws {
        let expansion = try Fixture.expand(
            "[" + Self.nested(#""mode": "Incremental", \#(options) "template": \#(Self.template(expression))"#) + "]",
            Self.rest)
        let child = try Self.child(expansion).expand()
        #expect(child.resources.map(\.name) == [name])
        #expect(try child.outputs(RuntimeValues()).first?.value == .string(deployment))
        #expect(child.program.nesting == 1)
    }

    @Test(arguments: ["variables('v')", "f.x()", "parameters('p')"])
    func `of inner scope they are the child's`(expression: String) throws {
        let problems = Fixture.problems {
            let expansion = try Fixture.expand(
                "["
                    + Self.nested(
                        #""expressionEvaluationOptions": {"scope": "inner"}, "template": \#(Self.template(expression))"#
                    ) + "]", Self.rest)
            _ = try Self.child(expansion).expand()
        }
        #expect(
            problems.first?.hasPrefix("$.resources[0].properties.template.resources[0]") == true
                || problems.first?.contains("not found") == true, "\(problems)")
        #expect(!problems.isEmpty)
    }

    @Test func `parameters are evaluated by the parent and bound by the child`() throws {
        let template = Self.template(
            "parameters('q')", #""parameters": {"q": {"type": "string"}, "r": {"type": "int", "defaultValue": 3}}, "#)
        func expansion(_ parameters: String) throws -> Expansion {
            try Fixture.expand(
                "["
                    + Self.nested(
                        #""expressionEvaluationOptions": {"scope": "inner"}, "parameters": \#(parameters), "template": \#(template)"#
                    ) + "]", Self.rest)
        }
        let child = try Self.child(
            try expansion(#"{"q": {"value": "[concat(parameters('p'), 1)]"}, "r": {"value": null}}"#))
        #expect(child.parameters.map(\.value) == [.string("parent1"), .integer(3)])
        #expect(try child.expand().resources.map(\.name) == ["n-parent1"])
        #expect(
            Fixture.problems { _ = try Self.child(try expansion(#"{"q": {"value": 5}}"#)) }.first?.contains(
                "must be a string") == true)
        #expect(
            Fixture.problems { _ = try Self.child(try expansion("{}")) }.first?.contains("'q' is not provided") == true)
    }

    @Test(arguments: [
        ("", Fixture.group),
        (#""resourceGroup": "other""#, "/subscriptions/\(Fixture.subscription)/resourceGroups/other"),
        (#""subscriptionId": "s2", "resourceGroup": "other""#, "/subscriptions/s2/resourceGroups/other"),
        (#""resourceGroup": "[concat('o', 'p')]""#, "/subscriptions/\(Fixture.subscription)/resourceGroups/op"),
    ])
    func `a deployment goes where it says`(members: String, target: String) throws {
        let expansion = try Fixture.expand("[" + Self.nested(#""template": \#(Self.template("'a'"))"#, members) + "]")
        #expect(try expansion.nested(expansion.resources[0], RuntimeValues()).target.id == target)
        let child = try Self.child(expansion).expand()
        #expect(child.resources.first?.id == "\(target)/providers/A.B/c/n-a")
    }

    @Test(arguments: [
        (#""mode": "Complete", "template": {}"#, "can only have the mode Incremental"),
        ("", "either 'template' or 'templateLink'"),
        (#""template": {}, "templateLink": {"uri": "x"}"#, "either 'template' or 'templateLink'"),
        (#""template": {}"#, "must have a '$schema'"),
        (#""template": [1]"#, "must be a JSON object"),
        (#""template": "[createArray(1)]""#, "must be a JSON object"),
        (#""expressionEvaluationOptions": {"scope": "own"}, "template": {}"#, "must be 'inner' or 'outer', not 'own'"),
        (
            #""expressionEvaluationOptions": {"scope": "[concat('o', 'wn')]"}, "template": {}"#,
            "must be 'inner' or 'outer', not 'own'"
        ),
    ])
    func `a broken deployment is refused`(properties: String, part: String) throws {
        let expansion = try Fixture.expand("[" + Self.nested(properties) + "]")
        let problems = Fixture.problems { _ = try Self.child(expansion) }
        #expect(problems.first?.contains(part) == true, "\(problems)")
    }

    @Test func `a link is passed on, evaluated`() throws {
        let expansion = try Fixture.expand(
            "["
                + Self.nested(
                    #""templateLink": {"uri": "[uri('http://a.org/b/', 'c.json')]"}, "parametersLink": {"uri": "http://p"}, "debugSetting": {"detailLevel": "none"}"#
                ) + "]")
        let nested = try expansion.nested(expansion.resources[0], RuntimeValues())
        guard case .link(let link) = nested.source else {
            Issue.record("no link")
            return
        }
        #expect(link["uri"] == .string("http://a.org/b/c.json"))
        #expect(nested.parametersLink?["uri"] == .string("http://p"))
        #expect(!nested.isOuter)
    }

    @Test func `a child may wait for the running system`() throws {
        let expansion = try Fixture.expand(
            "[" + Fixture.resource("a") + ","
                + Self.nested(
                    #""expressionEvaluationOptions": {"scope": "inner"}, "parameters": {"q": {"value": "[reference('a').x]"}}, "template": "#
                        + Self.template("parameters('q')", #""parameters": {"q": {"type": "string"}}, "#)) + "]")
        let resource = try #require(expansion.resource("child"))
        #expect(expansion.order["child"] == ["a"])
        #expect(!expansion.preview(of: resource).isComplete)
        let request = RuntimeRequest.resource(id: "\(Fixture.group)/providers/A.B/c/a", apiVersion: "1")
        #expect(throws: EvaluationFailure.needs(request)) { try expansion.nested(resource, RuntimeValues()) }
        var runtime = RuntimeValues()
        runtime[request] = Fixture.json(#"{"properties": {"x": "late"}}"#)
        #expect(try Self.child(expansion, runtime).expand().resources.map(\.name) == ["n-late"])
    }

    @Test func `references inside of an outer child are the parent's`() throws {
        let template = Self.inner(
            #""resources": [\#(Fixture.resource("n", #""properties": {"x": "[reference('a').x]"}"#))]"#)
        let expansion = try Fixture.expand(
            "[" + Fixture.resource("a") + "," + Self.nested(#""template": \#(template)"#) + "]")
        #expect(expansion.order["child"] == ["a"])
        let inner = try Fixture.expand(
            "[" + Fixture.resource("a") + ","
                + Self.nested(#""expressionEvaluationOptions": {"scope": "inner"}, "template": \#(template)"#) + "]")
        #expect(inner.order["child"] == [])
        let evaluated = try Fixture.expand(
            "[" + Fixture.resource("a") + ","
                + Self.nested(
                    #""expressionEvaluationOptions": {"scope": "[toLower('INNER')]"}, "template": \#(template)"#) + "]")
        #expect(evaluated.order["child"] == [])
    }

    @Test func `an expression may make the template`() throws {
        let template = Self.template("'made'")
        let expansion = try Fixture.expand(
            "["
                + Self.nested(
                    #""expressionEvaluationOptions": {"scope": "inner"}, "template": "[parameters('t')]""#) + "]",
            #""parameters": {"t": {"type": "object", "defaultValue": \#(template.replacing("\"[", with: "\"[["))}}"#)
        #expect(try Self.child(expansion).expand().resources.map(\.name) == ["n-made"])
    }

    @Test func `nesting is bounded`() throws {
        func template(_ depth: Int) -> String {
            guard depth > 0 else { return Self.inner(#""resources": []"#) }
            return Self.inner(#""resources": [\#(Self.nested(#""template": \#(template(depth - 1))"#))]"#)
        }
        var expansion = try Fixture.program(Fixture.json(template(16))).expand()
        for _ in 1..<DeploymentProgram.nestingLimit { expansion = try Self.child(expansion).expand() }
        let problems = Fixture.problems { _ = try Self.child(expansion) }
        #expect(problems.first?.contains("nested deeper than 16 levels") == true, "\(problems)")
    }
}
