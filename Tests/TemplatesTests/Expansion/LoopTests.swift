import Resources
import Testing

@testable import Templates

/// Loops of resources, of properties and of outputs.
@Suite struct LoopTests {
    private typealias Fixture = TemplateFixture

    private static func loop(_ copy: String, _ members: String = "", name: String = "[concat('a', copyIndex())]")
        -> String
    {
        Fixture.resource(name, #""copy": {"name": "l", \#(copy)}"# + (members.isEmpty ? "" : ", \(members)"))
    }

    @Test func `a loop makes resources side by side`() throws {
        let expansion = try Fixture.expand(
            "["
                + Self.loop(
                    #""count": "[length(createArray(1, 2, 3))]""#,
                    #""properties": {"i": "[copyIndex('L', 10)]", "j": "[copyIndex(1)]"}"#,
                    name: "[format('a{0}', copyIndex('l'))]") + ","
                + Fixture.resource("b", #""dependsOn": ["l"]"#) + "]")
        #expect(expansion.resources.map(\.name) == ["a0", "a1", "a2", "b"])
        #expect(expansion.order == ["a0": [], "a1": [], "a2": [], "b": ["a0", "a1", "a2"]])
        let body = try expansion.body(of: expansion.resources[2], RuntimeValues())
        #expect(.object(body) == Fixture.json(#"{"properties": {"i": 12, "j": 3}}"#))
    }

    @Test(arguments: [
        (#""count": 3, "mode": "Serial""#, [[], [0], [1]]),
        (#""count": 3, "mode": "serial", "batchSize": 1"#, [[], [0], [1]]),
        (#""count": 5, "mode": "Serial", "batchSize": 2"#, [[], [], [0, 1], [0, 1], [2, 3]]),
        (#""count": 3, "mode": "Serial", "batchSize": 3"#, [[], [], []]),
        (#""count": 3, "mode": "Parallel", "batchSize": 1"#, [[], [], []]),
        (#""count": 3, "mode": "Parallel", "batchSize": 9"#, [[], [], []]),
        (#""count": 3, "mode": null, "batchSize": null"#, [[], [], []]),
        (#""count": 3, "mode": "[if(true(), 'Serial', 'Parallel')]""#, [[], [0], [1]]),
        (#""count": 3, "mode": "[if(false(), 'Serial', 'Parallel')]", "batchSize": 2"#, [[], [], []]),
        (#""count": 5, "mode": "serial", "batchSize": "[add(1, 1)]""#, [[], [], [0, 1], [0, 1], [2, 3]]),
        (#""count": 1, "mode": "Serial""#, [[]]),
    ])
    func `batches of a serial loop wait for each other`(copy: String, dependencies: [[Int]]) throws {
        #expect(try Fixture.expand("[" + Self.loop(copy) + "]").resources.map(\.dependencies) == dependencies)
    }

    @Test func `conditions are each iteration's own`() throws {
        let expansion = try Fixture.expand(
            "[" + Self.loop(#""count": 4, "mode": "Serial""#, #""condition": "[equals(mod(copyIndex(), 2), 0)]""#) + ","
                + Fixture.resource("b", #""dependsOn": ["l"]"#) + "]")
        #expect(expansion.resources.map(\.isDeployed) == [true, false, true, false, true])
        #expect(expansion.order["b"] == ["a0", "a2"])
    }

    @Test func `a loop of none is nothing to wait for`() throws {
        let expansion = try Fixture.expand(
            "[" + Self.loop(#""count": 0"#) + "," + Fixture.resource("b", #""dependsOn": ["L"]"#) + "]")
        #expect(expansion.order == ["b": []])
    }

    /// A batch size that is written for a loop must not fail where its array happens to be empty.
    @Test func `a serial loop of none may have a batch size`() throws {
        let copy = #""count": 0, "mode": "Serial", "batchSize": 5"#
        #expect(try Fixture.expand("[" + Self.loop(copy) + "]").resources.isEmpty)
        let problems = Fixture.problems {
            _ = try Fixture.expand("[" + Self.loop(copy.replacing("5", with: "0")) + "]")
        }
        #expect(problems.first?.contains("must be an integer from 1 on, not 0") == true, "\(problems)")
    }

    @Test func `a property's loop may be named by an expression`() throws {
        let expansion = try Fixture.expand(
            "["
                + Fixture.resource(
                    "a",
                    #"""
                    "properties": {"copy": [{"name": "[concat('di', 'sks')]", "count": 2,
                    "input": "[copyIndex('disks')]"}]}
                    """#) + "]")
        let body = try expansion.body(of: expansion.resources[0], RuntimeValues())
        #expect(body["properties"] == Fixture.json(#"{"disks": [0, 1]}"#))
    }

    @Test(arguments: [
        (#""count": -1"#, "from 0 to 800, not -1"), (#""count": 801"#, "from 0 to 800, not 801"),
        (#""count": "2""#, "from 0 to 800, not '2'"),
        (#""count": 1.5"#, "from 0 to 800, not 1.5"), (#""count": "[reference('x').n]""#, "'reference' is not allowed"),
        (#""mode": "Serial""#, "must have a 'name' and a 'count'"),
        (#""count": 2, "mode": "Sequential""#, "must be 'Parallel' or 'Serial', not 'Sequential'"),
        (#""count": 2, "mode": "[concat('Ser', 'ious')]""#, "must be 'Parallel' or 'Serial', not 'Serious'"),
        (#""count": 2, "mode": 1"#, "must be 'Parallel' or 'Serial', not 1"),
        (#""count": 2, "mode": "[reference('x').mode]""#, "'reference' is not allowed"),
        (#""count": 2, "mode": "Serial", "batchSize": 0"#, "from 1 to 2, the count of the loop, not 0"),
        (#""count": 2, "mode": "Serial", "batchSize": -1"#, "from 1 to 2, the count of the loop, not -1"),
        (#""count": 2, "mode": "Serial", "batchSize": 3"#, "from 1 to 2, the count of the loop, not 3"),
        (#""count": 2, "mode": "Serial", "batchSize": "[mul(3, 3)]""#, "from 1 to 2, the count of the loop, not 9"),
        (#""count": 2, "mode": "Serial", "batchSize": "1""#, "from 1 to 2, the count of the loop, not '1'"),
        (#""count": 2, "mode": "Serial", "batchSize": 1.5"#, "from 1 to 2, the count of the loop, not 1.5"),
        (#""count": 2, "mode": "Serial", "batchSize": "[list('x', '1').n]""#, "'list' is not allowed"),
        (#""count": 2, "batchSize": 0"#, "must be an integer from 1 on, not 0"),
        (#""count": 2, "mode": "Parallel", "batchSize": "all""#, "must be an integer from 1 on, not 'all'"),
    ])
    func `a broken loop is refused`(copy: String, part: String) {
        let problems = Fixture.problems { _ = try Fixture.expand("[" + Self.loop(copy) + "]") }
        #expect(problems.first?.contains(part) == true, "\(problems)")
        #expect(problems.first?.hasPrefix("$.resources[0].copy") == true)
    }

    @Test func `loops have names of their own, and iterations too`() {
        let twice = Fixture.problems {
            _ = try Fixture.expand("[" + Self.loop(#""count": 1"#) + "," + Self.loop(#""count": 1"#, name: "b") + "]")
        }
        #expect(twice == ["$.resources[1].copy.name: The loop 'l' is there twice."])
        let same = Fixture.problems { _ = try Fixture.expand("[" + Self.loop(#""count": 2"#, name: "b") + "]") }
        #expect(same == ["$.resources[0]: The resource 'A.B/c/b' is defined more than once in the template."])
    }

    @Test func `loops of properties are inside of those of resources`() throws {
        let expansion = try Fixture.expand(
            "["
                + Self.loop(
                    #""count": 2"#,
                    #"""
                    "properties": {"copy": [{"name": "disks", "count": "[add(copyIndex(), 1)]",
                    "input": {"n": "[concat(copyIndex('l'), '-', copyIndex('disks'))]"}}], "x": 1}
                    """#) + "]")
        let bodies = try expansion.resources.map { try expansion.body(of: $0, RuntimeValues())["properties"] }
        #expect(
            bodies == [
                Fixture.json(#"{"disks": [{"n": "0-0"}], "x": 1}"#),
                Fixture.json(#"{"disks": [{"n": "1-0"}, {"n": "1-1"}], "x": 1}"#),
            ])
    }

    @Test func `a loop's index is known to the children of its iterations`() throws {
        let child = Fixture.resource("[concat('c', copyIndex())]", type: "d")
        let expansion = try Fixture.expand("[" + Self.loop(#""count": 2"#, #""resources": [\#(child)]"#) + "]")
        #expect(expansion.resources.map(\.name) == ["a0", "a0/c0", "a1", "a1/c1"])
        #expect(expansion.order["a1/c1"] == ["a1"])
    }
}
