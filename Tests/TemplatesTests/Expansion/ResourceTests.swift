import Resources
import Testing

@testable import Templates

/// What becomes of declared resources: names, conditions, children, limits and bodies.
@Suite struct ResourceTests {
    private typealias Fixture = TemplateFixture

    @Test func `a body is what is not direction`() throws {
        let expansion = try Fixture.expand(
            "["
                + Fixture.resource(
                    "[concat('a', 1)]",
                    #"""
                    "location": "[resourceGroup().location]", "comments": "[x]", "condition": true, "dependsOn": [],
                    "tags": {"[concat('k', 1)]": "[string(2)]", "none": "[null()]"}, "properties": {"a": [null, "[null()]"], "b": {"c": null}},
                    "resources": [], "sku": {"name": "S"}, "kind": "[[x]"
                    """#) + "]")
        let body = try expansion.body(of: expansion.resources[0], RuntimeValues())
        #expect(
            .object(body)
                == Fixture.json(
                    #"""
                    {"location": "eastus", "tags": {"k1": "2"}, "properties": {"a": [null, null], "b": {}}, "sku": {"name": "S"},
                    "kind": "[x]"}
                    """#))
        #expect(expansion.resources[0].id == "\(Fixture.group)/providers/A.B/c/a1")
    }

    @Test func `children have the types and names of their parents before their own`() throws {
        let expansion = try Fixture.expand(
            "["
                + Fixture.resource(
                    "p",
                    #""resources": [\#(Fixture.resource("c", #""resources": [\#(Fixture.resource("g", type: "e"))]"#, type: "d"))]"#
                ) + ", "
                + Fixture.resource("p/other", type: "A.B/c/d") + ", "
                + Fixture.resource("p/Microsoft.X/ext", type: "A.B/c/providers/things") + "]")
        #expect(
            expansion.resources.map(\.type) == ["A.B/c", "A.B/c/d", "A.B/c/d/e", "A.B/c/d", "A.B/c/providers/things"])
        #expect(expansion.resources.map(\.name) == ["p", "p/c", "p/c/g", "p/other", "p/Microsoft.X/ext"])
        #expect(expansion.order["p/c"] == ["p"])
        #expect(expansion.order["p/c/g"] == ["p", "p/c"])
        #expect(expansion.order["p/other"] == ["p"])
        #expect(expansion.resources[2].id == "\(Fixture.group)/providers/A.B/c/p/d/c/e/g")
    }

    @Test func `children of what is not deployed are not either`() throws {
        let expansion = try Fixture.expand(
            "[" + Fixture.resource("p", #""condition": false, "resources": [\#(Fixture.resource("c", type: "d"))]"#)
                + "]")
        #expect(expansion.resources.map(\.name) == ["p"])
        #expect(expansion.resources.map(\.isDeployed) == [false])
    }

    @Test(arguments: [
        ("true", true), (#""True""#, true), (#""[not(true())]""#, false), (#""false""#, false),
        (#""[bool('TRUE')]""#, true),
    ])
    func `a condition decides`(condition: String, isDeployed: Bool) throws {
        let expansion = try Fixture.expand("[" + Fixture.resource("a", #""condition": \#(condition)"#) + "]")
        #expect(expansion.resources.first?.isDeployed == isDeployed)
        let existing = try Fixture.expand("[" + Fixture.resource("a", #""existing": \#(condition)"#) + "]")
        #expect(existing.resources.first?.isExisting == isDeployed)
    }

    static let refused: [(String, String)] = [
        (#"{"type": "A.B/c", "name": "a"}"#, "$.resources[0].apiVersion: The resource has no 'apiVersion'"),
        (#"{"type": "A.B/c", "apiVersion": "1"}"#, "$.resources[0].name: The resource has no 'name'"),
        (#"{"name": "a", "apiVersion": "1"}"#, "$.resources[0].type: The resource has no 'type'"),
        (Fixture.resource("", ""), "must be a string that is not empty"),
        (Fixture.resource("[add(1, 2)]"), "not empty, not 3"),
        (Fixture.resource("a", type: "c"), "must be a namespace and types"),
        (Fixture.resource("a", type: "A.B//c"), "must be a namespace"),
        (Fixture.resource("a/b"), "$.resources[0].name: The name 'a/b' must have 1 segments for the type 'A.B/c'"),
        (Fixture.resource("a", type: "A.B/c/d"), "must have 2 segments"),
        (Fixture.resource("a//b", type: "A.B/c/d/e"), "must have 3 segments"),
        (Fixture.resource("a/", type: "A.B/c/d"), "must have 2 segments"),
        (Fixture.resource("a", #""existing": "yes""#), "The 'existing' of a resource must be a boolean, not 'yes'"),
        (
            Fixture.resource("a", #""condition": 1"#),
            "$.resources[0].condition: The 'condition' of a resource must be a boolean, not 1"
        ),
        (Fixture.resource("[reference('x').n]"), "'reference' is not allowed in the name, type, condition"),
        (
            Fixture.resource("a", #""condition": "[equals(listKeys('x', '1'), 1)]""#),
            "'listKeys' is not allowed in the name"
        ),
        (Fixture.resource("[copyIndex()]"), "not allowed outside of a loop"),
        (Fixture.resource("a", #""scope": "x""#), "is no resource's id"),
        (Fixture.resource("a", #""import": "x""#), "extensions are a preview"),
        (Fixture.resource("a", #""resources": [1]"#), "$.resources[0].resources[0]: A resource must be an object"),
        (
            Fixture.resource("a") + "," + Fixture.resource("A", type: "a.b/C"),
            "$.resources[1]: The resource 'a.b/C/A' is defined more than once"
        ),
    ]

    @Test(arguments: refused)
    func `a broken resource is refused`(resource: String, part: String) {
        let problems = Fixture.problems { _ = try Fixture.expand("[\(resource)]") }
        #expect(problems.first?.contains(part) == true, "\(problems)")
    }

    @Test func `all broken resources are told at once`() {
        let problems = Fixture.problems {
            _ = try Fixture.expand(
                #"[{"type": "A.B/c", "name": "a"}, \#(Fixture.resource("ok")), \#(Fixture.resource("a/b"))]"#)
        }
        #expect(problems.count == 2)
    }

    @Test func `one of two of a name may not be deployed`() throws {
        let expansion = try Fixture.expand(
            "[" + Fixture.resource("a", #""condition": false"#) + "," + Fixture.resource("a") + "]")
        #expect(expansion.resources.map(\.isDeployed) == [false, true])
    }

    @Test(arguments: [
        (#""scope": "/""#, "/providers/A.B/c/a"),
        (#""scope": "[resourceId('X.Y/z', 'n')]""#, "\(Fixture.group)/providers/X.Y/z/n/providers/A.B/c/a"),
        (#""scope": "X.Y/z/n""#, "\(Fixture.group)/providers/X.Y/z/n/providers/A.B/c/a"),
        (#""scope": "[subscription().id]""#, "/subscriptions/\(Fixture.subscription)/providers/A.B/c/a"),
    ])
    func `a scope is where the id begins`(scope: String, id: String) throws {
        let expansion = try Fixture.expand(
            "[" + Fixture.resource("a", scope) + "," + Fixture.resource("n", type: "X.Y/z") + "]")
        #expect(expansion.resources[0].id == id)
        #expect(expansion.order["a"] == (id.contains("X.Y") ? ["n"] : []))
    }

    @Test func `at most 800 resources and at most 1 MB each`() throws {
        #expect(
            try Fixture.expand(
                "[" + Fixture.resource("[concat('a', copyIndex())]", #""copy": {"name": "l", "count": 800}"#) + "]"
            ).resources.count == 800)
        let loop = Fixture.resource("[concat('a', copyIndex())]", #""copy": {"name": "l", "count": 800}"#)
        let problems = Fixture.problems { _ = try Fixture.expand("[\(loop), \(Fixture.resource("b"))]") }
        #expect(problems == ["$.resources: The template deploys 801 resources; at most 800 are allowed."])
        func body(_ bytes: Int) throws -> JSONObject {
            let expansion = try Fixture.expand(
                "[" + Fixture.resource("a", #""properties": {"t": "[concat(variables('v'), variables('v'))]"}"#) + "]",
                #""variables": {"v": "\#(String(repeating: "x", count: bytes / 2))"}"#)
            return try expansion.body(of: expansion.resources[0], RuntimeValues())
        }
        _ = try body(1_000_000)
        #expect(Fixture.problems { _ = try body(1_050_000) }.first?.contains("is larger than 1048576 bytes") == true)
    }
}
