import Resources
import Testing

@testable import Templates

/// Outputs, and values that only the running system knows.
@Suite struct OutputTests {
    private typealias Fixture = TemplateFixture

    private static func outputs(_ outputs: String, _ runtime: RuntimeValues = RuntimeValues()) throws -> [Expansion
        .OutputValue]
    {
        try Fixture.expand("[\(Fixture.resource("a"))]", #""variables": {"n": 2}, "outputs": \#(outputs)"#).outputs(
            runtime)
    }

    @Test func `outputs have their types, and conditions`() throws {
        let values = try Self.outputs(
            #"""
            {"A": {"type": "STRING", "value": "[concat('x', variables('n'))]"}, "off": {"type": "int", "condition": "[equals(1, 2)]", "value": "[fail('no')]"},
            "secret": {"type": "securestring", "value": "s"}, "list": {"type": "array", "copy": {"count": "[variables('n')]", "input": "[copyIndex()]"}},
            "named": {"type": "array", "copy": {"count": 2, "input": {"i": "[copyIndex('named')]"}}}, "object": {"type": "object", "value": {"[concat('k')]": null}}}
            """#)
        #expect(values.map(\.name) == ["A", "secret", "list", "named", "object"])
        #expect(values.map(\.typeName) == ["String", "SecureString", "Array", "Array", "Object"])
        #expect(values.map(\.isSecure) == [false, true, false, false, false])
        #expect(
            values.map(\.value) == [
                .string("x2"), .string("s"), Fixture.json("[0, 1]"), Fixture.json(#"[{"i": 0}, {"i": 1}]"#),
                Fixture.json(#"{"k": null}"#),
            ])
    }

    @Test(arguments: [
        (#"{"type": "int", "value": "x"}"#, "$.outputs.o.value: The output 'o' is not valid: it must be an integer"),
        (#"{"type": "string", "value": "[copyIndex()]"}"#, "not allowed outside of a loop"),
        (#"{"type": "string", "value": "[parameters('p')]"}"#, "'p' is not found"),
        (#"{"type": "array", "copy": {"count": 801, "input": 1}}"#, "from 0 to 800"),
        (#"{"type": "object", "value": "[reference('none')]"}"#, "does not deploy"),
        (#"{"type": "object", "value": "[reference('/x/providers/A.B/c/z')]"}"#, "needs an apiVersion"),
        (#"{"type": "object", "value": "[reference('a', '1', 'Half')]"}"#, "'Full' as its last argument"),
        (#"{"type": "object", "value": "[listKeys('/x/providers/A.B/c/z')]"}"#, "needs an apiVersion"),
        (#"{"type": "object", "value": "[listKeys(1, '1')]"}"#, "expects a resource's id"),
    ])
    func `a broken output fails, and is known before anything runs`(output: String, part: String) throws {
        let thrown = Fixture.problems { _ = try Self.outputs(#"{"o": \#(output)}"#) }
        let told = try Fixture.expand("[\(Fixture.resource("a"))]", #""outputs": {"o": \#(output)}"#).outputProblems()
        #expect(
            (thrown + told.map { "\($0.path ?? ""): \($0.message)" }).contains { $0.contains(part) },
            "\(thrown) \(told)")
        #expect(!told.isEmpty)
    }

    private static let id = "\(Fixture.group)/providers/A.B/c/a"

    @Test func `evaluation says what it needs, one after the other`() throws {
        let expansion = try Fixture.expand(
            "[" + Fixture.resource("a") + ","
                + Fixture.resource(
                    "b",
                    #""properties": {"x": "[reference('a').end.point]", "y": "[listKeys('a', '9', createObject('k', 1)).key]", "z": 1}"#
                ) + "]")
        let resource = try #require(expansion.resource("b"))
        var runtime = RuntimeValues()
        let first = RuntimeRequest.resource(id: Self.id, apiVersion: "1")
        #expect(throws: EvaluationFailure.needs(first)) { try expansion.body(of: resource, runtime) }
        let preview = expansion.preview(of: resource)
        #expect(!preview.isComplete && preview.problems.isEmpty)
        #expect(preview.body["properties"]?["z"] == .integer(1))
        runtime[first] = Fixture.json(#"{"properties": {"end": {"point": "http"}}}"#)
        let second = RuntimeRequest.list(id: Self.id, verb: "listKeys", apiVersion: "9", body: #"{"k":1}"#)
        #expect(throws: EvaluationFailure.needs(second)) { try expansion.body(of: resource, runtime) }
        runtime[second] = Fixture.json(#"{"key": "k1"}"#)
        #expect(
            .object(try expansion.body(of: resource, runtime))
                == Fixture.json(#"{"properties": {"x": "http", "y": "k1", "z": 1}}"#))
    }

    @Test func `answers are found without regard to case, and may lack what is asked for`() throws {
        var runtime = RuntimeValues()
        runtime[.resource(id: Self.id.uppercased(), apiVersion: "1")] = Fixture.json(#"{"properties": {"x": 1}}"#)
        #expect(
            try Self.outputs(#"{"o": {"type": "int", "value": "[reference('A').X]"}}"#, runtime).first?.value
                == .integer(1))
        #expect(
            Fixture.problems {
                _ = try Self.outputs(#"{"o": {"type": "int", "value": "[reference('a').y]"}}"#, runtime)
            }.first?.contains("'y' doesn't exist") == true)
        runtime[.resource(id: Self.id, apiVersion: "2")] = Fixture.json("{}")
        #expect(
            try Self.outputs(#"{"o": {"type": "object", "value": "[reference('a', '2')]"}}"#, runtime).first?.value
                == Fixture.json("{}"))
    }

    @Test func `the full response is the resource with its place`() throws {
        var runtime = RuntimeValues()
        runtime[.resource(id: Self.id, apiVersion: "1")] = Fixture.json(
            #"{"id": "i", "name": "a", "type": "t", "location": "eastus", "properties": {"x": 1}}"#)
        let value = try Self.outputs(#"{"o": {"type": "object", "value": "[reference('a', '', 'full')]"}}"#, runtime)
            .first?.value
        #expect(value?["location"] == .string("eastus"))
        #expect(value?["properties"]?["x"] == .integer(1))
        #expect(value?["apiVersion"] == .string("1"))
        #expect(value?["subscriptionId"] == .string(Fixture.subscription))
        #expect(value?["resourceGroupName"] == .string("rg"))
        #expect(value?["resourceId"] == .string(Self.id))
        #expect(value?["id"] == nil)
    }

    @Test func `one mistake does not hide the next`() throws {
        let fails = (0..<10).map { #""o\#($0)": {"type": "string", "value": "[fail('\#($0)')]"}"# }.joined(
            separator: ",")
        let expansion = try Fixture.expand("[]", #""outputs": {\#(fails)}"#)
        #expect(expansion.outputProblems().map(\.message) == (0..<10).map(String.init))
        // Mistakes deep inside leave nothing behind that would count against what follows.
        let deep = Fixture.resource(
            "a",
            #""properties": {"list": [\#((0..<600).map { _ in #""[concat(concat(concat(fail('x'))))]""# }.joined(separator: ","))], "last": "[concat('o', 'k')]"}"#
        )
        let preview = try Fixture.expand("[\(deep)]").resources.first.map {
            try Fixture.expand("[\(deep)]").preview(of: $0)
        }
        #expect(preview?.body["properties"]?["last"] == .string("ok"))
        #expect(preview?.problems.count == 50)
    }
}
