import Resources
import Testing

@testable import Templates

/// Which texts are expressions, how they are read, and what is said of those that can't be.
@Suite struct GrammarTests {
    @Test(arguments: [
        ("", ""), ("plain", "plain"), ("[", "["), ("]", "]"), ("[[test value]", "[test value]"), ("[[]", "[]"),
        ("[[[x]", "[[x]"), ("[test] value", "[test] value"), ("[[x] y", "[[x] y"), (" [concat('a')]", " [concat('a')]"),
        ("[concat('a')] ", "[concat('a')] "), ("[0-9]{3}", "[0-9]{3}"), ("a[b]", "a[b]"), ("[[x", "[[x"), ("[a", "[a"),
    ])
    func `what is no expression is itself`(text: String, literal: String) throws {
        #expect(try TemplateText.read(text) == .literal(literal))
    }

    static let values: [(String, String)] = [
        ("['it''s']", #""it's""#), ("['']", #""""#), ("['''']", #""'""#), ("['a\"b']", #""a\"b""#),
        ("['[x]']", #""[x]""#),
        ("[ concat ( 'a' , 'b' ) ]", #""ab""#), ("[\n\tconcat(\r\n'a',\n'b')\n]", #""ab""#),
        ("[CONCAT('a','b')]", #""ab""#),
        ("[ 5 ]", "5"), ("[-5]", "-5"), ("[0005]", "5"), ("[createArray(1,2) [ 1 ]]", "2"),
        ("[createObject('a', createArray('x')) . a [0]]", #""x""#), ("[createObject('a b', 1)['a b']]", "1"),
        ("[json('{\"a\": {\"b\": [[5]]}}').A['B'][0][0]]", "5"), ("[createArray('a','b')[sub(2, 1)]]", #""b""#),
        ("[createObject('$x_1', 1).$x_1]", "1"), ("[first('abc')]", #""a""#), ("['ü👋']", #""ü👋""#),
        ("[if(true(),if(false(),1,2),3)]", "2"),
    ]

    @Test(arguments: values)
    func `expressions have values`(expression: String, value: String) throws {
        #expect(try TemplateFixture.evaluate(expression) == TemplateFixture.json(value), "\(expression)")
    }

    static let refused: [(String, String)] = [
        ("[]", "ends where a value should be at position 1"),
        ("[ ]", "ends where a value should be at position 2"),
        ("[concat('a']", "',' or ')' was expected at position 11"),
        ("[concat('a',)]", "name was expected at position 12"),
        ("[concat('a' 'b')]", "',' or ')' was expected at position 12"),
        ("[concat('a'))]", "')' was not expected at position 12"),
        ("[concat]", "'(' was expected after 'concat' at position 7"),
        ("['a]", "no closing quote at position 3"),
        ("['a'b']", "'b'' was not expected at position 4"),
        ("[1.5]", "'.5' was not expected at position 2"),
        ("['a'.b]", "'.b' was not expected"),
        ("[a.b.c()]", "'(' was expected after 'a.b' at position 4"),
        ("[concat('a').]", "name was expected at position 13"),
        ("[concat('a')[]]", "name was expected at position 13"),
        ("[concat('a')[0]", "']' is missing at position 14"),
        ("[concat(,)]", "name was expected at position 8"),
        ("[add(1 + 2)]", "',' or ')' was expected at position 7"),
        ("[9223372036854775808]", "no integer of 64 bits"),
        ("[-]", "'-' is no integer"),
        ("[--1]", "'-' is no integer"),
        ("[nosuch()]", "'nosuch' is not known"),
        ("[true]", "'(' was expected"),
        ("[add(1)]", "takes 2 arguments, not 1"),
        ("[toLower()]", "takes 1 argument, not 0"),
        ("[substring('a')]", "takes 2 to 3 arguments, not 1"),
        ("[and(true())]", "takes at least 2 arguments, not 1"),
        ("[listKeys()]", "takes 1 to 3 arguments, not 0"),
        ("[if(true(), 1, nosuch())]", "'nosuch' is not known"),
        ("[concat('a'", "has no closing bracket"),
        ("[\"a\"]", "name was expected at position 1"),
        ("[ü()]", "name was expected at position 1"),
        ("[concat('a'){}]", "'{}' was not expected"),
    ]

    @Test(arguments: refused)
    func `a mistake is told with its place`(expression: String, part: String) {
        let problem = #expect(throws: TemplateProblem.self) { try TemplateText.read(expression) }
        #expect(problem?.message.contains(part) == true, "\(expression): \(problem?.message ?? "")")
    }

    @Test func `expressions have at most 24 576 characters`() throws {
        func expression(_ length: Int) -> String { "['\(String(repeating: "a", count: length - 4))']" }
        _ = try TemplateText.read(expression(TemplateText.lengthLimit))
        let problem = #expect(throws: TemplateProblem.self) {
            try TemplateText.read(expression(TemplateText.lengthLimit + 1))
        }
        #expect(problem?.kind == .tooLarge)
        #expect(problem?.message.contains("24577 characters; at most 24576") == true)
        // A wave counts twice, a literal is not counted.
        #expect(throws: TemplateProblem.self) { try TemplateText.read("['\(String(repeating: "👋", count: 12_287))']") }
        _ = try TemplateText.read(String(repeating: "a", count: 100_000))
    }

    @Test(arguments: [
        ("string(", "1", ")"), ("createArray(1)[", "0", "]"), ("", "json('{}')", ".a"), ("", "json('[]')", "[0]"),
    ])
    func `nesting is bounded`(open: String, middle: String, close: String) throws {
        func nested(_ depth: Int) -> String {
            "[" + String(repeating: open, count: depth) + middle + String(repeating: close, count: depth) + "]"
        }
        _ = try TemplateText.read(nested(ExpressionParser.depthLimit - 3))
        let problem = #expect(throws: TemplateProblem.self) {
            try TemplateText.read(nested(ExpressionParser.depthLimit + 3))
        }
        #expect(problem?.message.contains("nested deeper than 128 levels") == true)
    }

    @Test func `what stands beside each other is not nested`() throws {
        let parts = Array(repeating: "parameters('a').b", count: 500).joined(separator: ",")
        _ = try TemplateText.read("[concat(\(parts))]")
    }

    @Test func `names of properties may be expressions`() throws {
        let value = try TemplateFixture.program(TemplateFixture.template(#""resources": []"#)).evaluate(
            TemplateFixture.json(#"{"[concat('a', 'b')]": 1, "[[c]": 2, "d": "[[e]"}"#))
        #expect(value == TemplateFixture.json(#"{"ab": 1, "[c]": 2, "d": "[e]"}"#))
    }

    @Test(arguments: ["metadata", "contentVersion", "apiProfile"])
    func `some members are never expressions`(name: String) throws {
        _ = try Template(reading: TemplateFixture.template(#""\#(name)": "[nosuch(]", "resources": []"#))
    }

    @Test func `mistakes of a template are all told, with their paths`() {
        let problems = #expect(throws: TemplateProblems.self) {
            try Template(
                reading: TemplateFixture.template(
                    #""variables": {"a": "[nosuch()]", "b": ["[concat(]"]}, "resources": [], "#
                        + #""outputs": {"o": {"type": "string", "value": "[x.y()]"}}"#))
        }
        #expect(problems?.list.map(\.path) == ["$.variables.a", "$.variables.b[0]", "$.outputs.o.value"])
    }
}
