import Resources
import Testing

@testable import Templates

/// What resources wait for: what is written, what is referred to, and what follows from names.
@Suite struct DependencyTests {
    private typealias Fixture = TemplateFixture

    @Test(arguments: [
        "p/c", "P/C", "A.B/c/d/p/c", "A.B/c/p/d/c", "[resourceId('A.B/c/d', 'p', 'c')]",
        "[toUpper(resourceId('A.B/c/d', 'p', 'c'))]",
        "[concat('A.B/c/', 'p', '/d/', 'c')]", "[if(true(), 'p/c', 'none')]", "c",
    ])
    func `a dependency has many spellings`(text: String) throws {
        let expansion = try Fixture.expand(
            "[" + Fixture.resource("x", #""dependsOn": ["\#(text)", "\#(text)", null, ""]"#) + ","
                + Fixture.resource("p") + ","
                + Fixture.resource("p/c", type: "A.B/c/d") + "]")
        #expect(expansion.order == ["x": ["p/c"], "p": [], "p/c": ["p"]])
    }

    @Test(arguments: [
        (#"["none"]"#, "$.resources[0].dependsOn[0]: The resource 'none' is not defined in the template."),
        (#"["[resourceId('A.B/c', 'none')]"]"#, "is not defined in the template"),
        (#""b""#, "must be an array of strings, not a string"),
        (#"[1]"#, "$.resources[0].dependsOn[0]: 'dependsOn' must be an array of strings"),
        (#"["same"]"#, "is that of 2 resources; use resourceId()"),
        (#"["[reference('b')]"]"#, "'reference' is not allowed"),
    ])
    func `a dependency that is not there is refused`(dependsOn: String, part: String) {
        let problems = Fixture.problems {
            _ = try Fixture.expand(
                "[" + Fixture.resource("a", #""dependsOn": \#(dependsOn)"#) + "," + Fixture.resource("b") + ","
                    + Fixture.resource("same") + ","
                    + Fixture.resource("same", type: "A.B/e") + "]")
        }
        #expect(problems.first?.contains(part) == true, "\(problems)")
    }

    @Test func `what is not deployed is not waited for and waits for nothing`() throws {
        let expansion = try Fixture.expand(
            "[" + Fixture.resource("a", #""dependsOn": ["b"]"#) + ","
                + Fixture.resource("b", #""condition": false, "dependsOn": ["nowhere"]"#) + "]")
        #expect(expansion.order == ["a": [], "b": []])
    }

    @Test(arguments: [
        "[reference('b').x]", "[reference(resourceId('A.B/c', 'b')).x]",
        "[reference(resourceId('A.B/c', 'b'), '1', 'Full').x]",
        "[listKeys('b', '1').k]", "[listKeys(resourceId('A.B/c', 'b'), '1').k]",
        "[concat('x', string(reference('B')))]",
        "[if(true(), reference('b').x, '')]", "[if(bool(reference('b').x), 1, 2)]",
        "[createArray(1)[reference('b').n]]",
        "[map(createArray(1), lambda('x', reference('b').n))]",
    ])
    func `what is referred to is waited for`(expression: String) throws {
        let expansion = try Fixture.expand(
            "[" + Fixture.resource("a", #""properties": {"x": ["\#(expression)"]}"#) + "," + Fixture.resource("b") + "]"
        )
        #expect(expansion.order == ["a": ["b"], "b": []])
    }

    @Test(arguments: [
        "[if(false(), reference('b').x, '')]", "[resourceId('A.B/c', 'b')]",
        "[reference('/subscriptions/x/resourceGroups/y/providers/A.B/c/b', '1')]",
        "b", "[concat('b')]",
    ])
    func `what is only named is not`(expression: String) throws {
        let expansion = try Fixture.expand(
            "[" + Fixture.resource("a", #""properties": {"x": "\#(expression)"}"#) + "," + Fixture.resource("b") + "]")
        #expect(expansion.order == ["a": [], "b": []])
    }

    @Test func `names of properties refer too`() throws {
        let expansion = try Fixture.expand(
            "[" + Fixture.resource("a", #""tags": {"[reference('b').x]": 1}"#) + "," + Fixture.resource("b") + "]")
        #expect(expansion.order["a"] == ["b"])
    }

    @Test func `circles are told, with their names`() {
        for resources in [
            [
                Fixture.resource("a", #""dependsOn": ["b"]"#), Fixture.resource("b", #""dependsOn": ["c"]"#),
                Fixture.resource("c", #""dependsOn": ["a"]"#),
            ],
            [
                Fixture.resource("a", #""dependsOn": ["b"]"#),
                Fixture.resource("b", #""properties": {"x": "[reference('a').y]"}"#),
            ],
        ] {
            let problems = #expect(throws: TemplateProblems.self) {
                try Fixture.expand("[\(resources.joined(separator: ","))]")
            }
            #expect(problems?.list.first?.kind == .circularDependency)
            #expect(problems?.list.first?.message.contains("'A.B/c/a', 'A.B/c/b'") == true)
            #expect(problems?.list.first?.path == "$.resources[0]")
        }
    }

    @Test func `a resource that names itself does not wait`() throws {
        #expect(try Fixture.expand("[" + Fixture.resource("a", #""dependsOn": ["a"]"#) + "]").order == ["a": []])
    }

    @Test func `a parent that waits for its child comes behind it`() throws {
        let expansion = try Fixture.expand(
            "[" + Fixture.resource("p", #""dependsOn": ["p/c"]"#) + "," + Fixture.resource("p/c", type: "A.B/c/d") + "]"
        )
        #expect(expansion.order == ["p": ["p/c"], "p/c": []])
    }

    @Test func `every resource comes behind what it waits for`() throws {
        let chain = (0..<50).map { Fixture.resource("r\($0)", $0 == 0 ? "" : #""dependsOn": ["r\#($0 - 1)"]"#) }
            .reversed().joined(separator: ",")
        let expansion = try Fixture.expand("[\(chain)]")
        #expect(expansion.order["r49"] == ["r48"])
        #expect(expansion.resource("r0")?.dependencies == [])
    }
}

/// Resources with symbolic names.
@Suite struct SymbolTests {
    private typealias Fixture = TemplateFixture

    private static func expand(_ members: String, _ rest: String = "") throws -> Expansion {
        try Fixture.expand(
            #"""
            {"one": \#(Fixture.resource("a")), "loop": \#(Fixture.resource("[concat('l', copyIndex())]", #""copy": {"name": "any", "count": 3}"#)),
            "none": \#(Fixture.resource("[concat('n', copyIndex())]", #""copy": {"name": "other", "count": 0}"#)),
            "old": \#(Fixture.resource("e", #""existing": true"#)), "off": \#(Fixture.resource("off", #""condition": false"#)),
            "x": \#(Fixture.resource("x", members))}
            """#, rest, version: "2.0")
    }

    @Test(arguments: [
        (#""dependsOn": ["one"]"#, ["a"]), (#""dependsOn": ["ONE", "loop"]"#, ["a", "l0", "l1", "l2"]),
        (#""dependsOn": ["loop[1]"]"#, ["l1"]),
        (#""dependsOn": ["[format('loop[{0}]', 2)]"]"#, ["l2"]), (#""dependsOn": ["none", "off"]"#, []),
        (#""dependsOn": ["old"]"#, ["e"]),
        (#""dependsOn": ["[resourceId('A.B/c', 'a')]"]"#, ["a"]),
        (#""properties": {"p": "[reference('one').q]"}"#, ["a"]),
        (#""properties": {"p": "[reference('loop[1]').q]"}"#, ["l1"]),
        (#""properties": {"p": "[reference(format('loop[{0}]', 0)).q]"}"#, ["l0"]),
        (#""properties": {"p": "[references('loop')]"}"#, ["l0", "l1", "l2"]),
        (#""properties": {"p": "[listKeys('one', '1')]"}"#, ["a"]),
        (#""properties": {"p": "[reference('old').q]"}"#, ["e"]), (#""properties": {"p": "[reference('off').q]"}"#, []),
    ])
    func `symbols name what to wait for`(members: String, names: [String]) throws {
        let expansion = try Self.expand(members)
        #expect(expansion.order["x"] == names)
        #expect(expansion.resource("e")?.isExisting == true)
    }

    @Test(arguments: [
        (#""dependsOn": ["loop[3]"]"#, "has no iteration 3"), (#""dependsOn": ["two"]"#, "'two' is not defined"),
    ])
    func `symbols that are not there are refused`(members: String, part: String) {
        let problems = Fixture.problems { _ = try Self.expand(members) }
        #expect(
            problems.first?.contains(part) == true && problems.first?.hasPrefix("$.resources.x.dependsOn[0]") == true,
            "\(problems)")
    }

    @Test(arguments: [
        ("[reference('one').q]", "one"), ("[reference('loop[2]').q]", "l2"), ("[references('loop')[1].q]", "l1"),
        ("[length(references('none'))]", ""),
        ("[reference('one', '1', 'Full').resourceId]", "a"),
    ])
    func `symbols are referred to`(expression: String, name: String) throws {
        let expansion = try Self.expand("", #""outputs": {"o": {"type": "object", "value": {"v": "\#(expression)"}}}"#)
        var runtime = RuntimeValues()
        for name in ["a", "l0", "l1", "l2", "e"] {
            runtime[.resource(id: "\(Fixture.group)/providers/A.B/c/\(name)", apiVersion: "1")] = Fixture.json(
                #"{"properties": {"q": "\#(name == "a" ? "one" : name)"}}"#)
        }
        let value = try expansion.outputs(runtime).first?.value["v"]
        #expect(value == (name.isEmpty ? .integer(0) : value?.text?.hasSuffix(name) == true ? value : nil))
    }

    @Test(arguments: [
        ("[reference('loop').q]", "does not name one resource"),
        ("[reference('loop[3]').q]", "does not name one resource"), ("[references('one')]", "is no loop"),
        ("[reference('two')]", "does not deploy"),
    ])
    func `symbols that name no resource fail`(expression: String, part: String) throws {
        let expansion = try Self.expand("", #""outputs": {"o": {"type": "object", "value": "\#(expression)"}}"#)
        let problems = Fixture.problems { _ = try expansion.outputs(RuntimeValues()) }
        #expect(problems.first?.contains(part) == true, "\(problems)")
    }
}
