import Templates

/// Makes expressions that look valid: calls of all functions with arguments of the types that they take, mostly.
struct ExpressionMaker {
    var source: ByteSource
    /// Variables of the lambdas around.
    private var lambdas: [String] = []
    private var calls = 0

    init(_ source: ByteSource) {
        self.source = source
    }

    enum Kind: Character, CaseIterable {
        case text = "s"
        case integer = "i"
        case boolean = "b"
        case array = "a"
        case object = "o"
        case any = "v"
        case number = "f"
    }

    /// Name, result and arguments of a function: kinds as above, `1` `2` a lambda of one or two variables, `t` a lambda
    /// that returns a boolean, `l` one that compares, `?` before what may be missing, `*` behind what may be there again.
    private static let signatures: [(name: String, result: Kind, arguments: String)] = [
        ("concat", .text, "ss*"), ("concat", .array, "aa*"), ("format", .text, "Fv*"), ("guid", .text, "ss*"),
        ("uniqueString", .text, "ss*"), ("substring", .text, "si?i"), ("split", .array, "ss"),
        ("replace", .text, "sss"),
        ("string", .text, "v"), ("base64", .text, "s"), ("base64ToString", .text, "s"), ("base64ToJson", .any, "s"),
        ("trim", .text, "s"), ("uri", .text, "Us"), ("join", .text, "as"), ("like", .boolean, "ss"),
        ("toLower", .text, "s"),
        ("toUpper", .text, "s"), ("padLeft", .text, "si?s"), ("indexOf", .integer, "ss"), ("indexOf", .integer, "av"),
        ("lastIndexOf", .integer, "ss"), ("lastIndexOf", .integer, "av"), ("startsWith", .boolean, "ss"),
        ("endsWith", .boolean, "ss"), ("uriComponent", .text, "s"), ("uriComponentToString", .text, "s"),
        ("dataUri", .text, "s"), ("dataUriToString", .text, "s"), ("newGuid", .text, ""), ("buildUri", .text, "o"),
        ("parseUri", .object, "U"), ("array", .array, "v"), ("length", .integer, "v"), ("first", .any, "a"),
        ("last", .any, "s"),
        ("skip", .array, "ai"), ("skip", .text, "si"), ("take", .array, "ai"), ("take", .text, "si"),
        ("range", .array, "ii"),
        ("min", .integer, "ii*"), ("max", .integer, "a"), ("union", .array, "aa*"), ("union", .object, "oo*"),
        ("intersection", .array, "aa*"), ("intersection", .object, "oo*"), ("contains", .boolean, "ss"),
        ("contains", .boolean, "av"), ("contains", .boolean, "os"), ("flatten", .array, "a"), ("empty", .boolean, "v"),
        ("distinct", .array, "a"), ("createArray", .array, "v*"), ("indexFromEnd", .any, "ai"),
        ("tryIndexFromEnd", .any, "ai"),
        ("json", .any, "J"), ("null", .any, ""), ("coalesce", .any, "vv*"), ("items", .array, "o"),
        ("createObject", .object, "svsv"), ("objectKeys", .array, "o"), ("shallowMerge", .object, "a"),
        ("tryGet", .any, "os"),
        ("tryGet", .any, "ai"), ("if", .any, "bvv"), ("and", .boolean, "bb*"), ("or", .boolean, "bb*"),
        ("not", .boolean, "b"),
        ("bool", .boolean, "v"), ("equals", .boolean, "vv"), ("less", .boolean, "ii"), ("greater", .boolean, "ss"),
        ("lessOrEquals", .boolean, "ii"), ("greaterOrEquals", .boolean, "ss"), ("true", .boolean, ""),
        ("false", .boolean, ""),
        ("add", .integer, "ii"), ("sub", .integer, "ii"), ("mul", .integer, "ii"), ("div", .integer, "ii"),
        ("mod", .integer, "ii"),
        ("int", .integer, "v"), ("float", .number, "v"), ("copyIndex", .integer, "?i"), ("utcNow", .text, "?T"),
        ("dateTimeAdd", .text, "DP?T"), ("dateTimeFromEpoch", .text, "i"), ("dateTimeToEpoch", .integer, "D"),
        ("filter", .array, "at"), ("map", .array, "a1"), ("reduce", .any, "av2"), ("sort", .array, "al"),
        ("toObject", .object, "a1?1"),
        ("groupBy", .object, "a1?1"), ("mapValues", .object, "o1"), ("parseCidr", .object, "C"),
        ("cidrSubnet", .text, "Cii"),
        ("cidrHost", .text, "Ci"), ("fail", .any, "s"), ("resourceId", .text, "Rs"),
        ("subscriptionResourceId", .text, "Rs"),
        ("tenantResourceId", .text, "Rs"), ("managementGroupResourceId", .text, "sRs"),
        ("extensionResourceId", .text, "sRs"),
        ("reference", .object, "N?s?'"), ("references", .array, "N"), ("listKeys", .object, "Ns"),
        ("providers", .object, "s?s"),
        ("pickZones", .array, "sss"), ("roleDefinitions", .object, "s"), ("toLogicalZone", .text, "ss"),
        ("toLogicalZones", .array, "sa"), ("toPhysicalZone", .text, "ss"), ("toPhysicalZones", .array, "sa"),
        ("deployment", .object, ""), ("environment", .object, ""), ("subscription", .object, ""),
        ("tenant", .object, ""),
        ("deployer", .object, ""), ("resourceGroup", .object, ""), ("managementGroup", .object, ""),
        ("parameters", .any, "V"),
        ("variables", .any, "V"), ("own.f", .any, "v"), ("own.g", .text, "si"), ("lambdaVariables", .any, "L"),
        ("lambda", .any, "sv"),
    ]

    private static let integers = [
        "0", "1", "2", "-1", "3", "7", "10", "64", "255", "800", "10000", "4194304", "-9223372036854775808",
        "9223372036854775807",
    ]
    private static let texts = [
        "", "a", "b", "A.B/c", "abc", "a,b,c", "[x]", "{0}", "ü👋", "true", "5", "a''b", " a ", "aaaaaaaa", "%20", "*a?",
        "Full",
        "p0", "v0", "x", "{\"a\":[1,{}]}", "YQ==", "data:,a", "key",
    ]
    private static let special: [Character: [String]] = [
        "F": ["{0}", "{0}{1}", "{0,5}|{0,-5}", "{0:N2}", "{1:D4}{0:X}", "{{{0}}}", "{0,10000}", "{0:#,##0.00}"],
        "U": ["https://a.org/b/c", "http://x", "https://a.org:8080/p?q=1#f", "/a"],
        "J": ["null", "[1,2.5,true]", "{\"a\":{\"b\":\"c\"}}", "{''a'': 1}", "\"x\"", "[[[[]]]]", "{"],
        "D": [
            "2020-02-29T12:00:00Z", "2020-04-07 14:53:14Z", "9999-12-31", "0001-01-01", "20200407T145314Z",
            "4/7/2023 2:53:14 PM",
        ],
        "P": ["P1D", "-P1M", "P3Y2M1DT4H5M6S", "PT999999999H", "P999999999W", "PT0.1S", "P99999999Y"],
        "T": ["o", "u", "yyyy-MM-dd", "ddd, dd MMM yyyy HH:mm:ss.fffffff", "%d", "h tt K zzz", "''x''", "\\\\y"],
        "C": ["10.0.0.0/8", "10.1.2.3/31", "0.0.0.0/0", "fd00::/48", "::/0", "::1/128", "1.2.3.4/32"],
        "R": ["A.B/c", "Microsoft.Resources/deployments", "A.B/c/d", "x"], "N": ["r0", "r1", "r2[0]", "s0", "a/b"],
        "V": ["p0", "p1", "p2", "v0", "v1", "v2", "v3", "loop"], "'": ["Full", "full", "x"],
    ]

    mutating func text() -> String {
        calls = 0
        return "[\(expression(source.one(of: Kind.allCases), depth: 0))]"
    }

    private mutating func expression(_ kind: Kind, depth: Int) -> String {
        calls += 1
        guard depth < 8, calls < 60, !source.isEmpty, !source.chance(in: 4) else { return literal(kind) }
        // Sometimes of another type than is asked for.
        let wanted = source.chance(in: 20) ? Kind.any : kind
        let fitting = Self.signatures.filter { wanted == .any || $0.result == wanted || $0.result == .any }
        let signature = source.one(of: fitting)
        let arguments = arguments(signature.arguments, depth: depth + 1)
        return "\(signature.name)(\(arguments.joined(separator: ", ")))\(suffix(depth))"
    }

    private mutating func suffix(_ depth: Int) -> String {
        guard source.chance(in: 8) else { return "" }
        return source.one(of: [
            ".a", ".id", ".name", "[0]", "[1]", "['key']", "[\(literal(.integer))]", ".properties.x",
        ])
    }

    private mutating func arguments(_ pattern: String, depth: Int) -> [String] {
        var arguments: [String] = []
        var previous: Character = "v"
        var isOptional = false
        for letter in pattern {
            switch letter {
            case "?": isOptional = true
            case "*":
                for _ in 0..<source.below(3) { arguments.append(argument(previous, depth)) }
            default:
                if isOptional, source.chance(in: 2) { return arguments }
                arguments.append(argument(letter, depth))
                previous = letter
            }
        }
        // Now and then one too many or too few.
        if source.chance(in: 60) { arguments.append(literal(.any)) }
        if source.chance(in: 60), !arguments.isEmpty { arguments.removeLast() }
        return arguments
    }

    private mutating func argument(_ letter: Character, _ depth: Int) -> String {
        if let kind = Kind(rawValue: letter) { return expression(kind, depth: depth) }
        if let choices = Self.special[letter] {
            return source.chance(in: 10) ? expression(.text, depth: depth) : "'\(source.one(of: choices))'"
        }
        switch letter {
        case "1": return lambda(source.chance(in: 3) ? 2 : 1, .any, depth)
        case "2": return lambda(source.chance(in: 3) ? 3 : 2, .any, depth)
        case "t": return lambda(1, .boolean, depth)
        case "l": return lambda(2, .boolean, depth)
        default: return "'\(lambdas.last ?? "x")'"
        }
    }

    private mutating func lambda(_ count: Int, _ kind: Kind, _ depth: Int) -> String {
        let names = (0..<count).map { "l\(lambdas.count + $0)" }
        lambdas += names
        defer { lambdas.removeLast(count) }
        let list = names.map { "'\($0)'" }.joined(separator: ", ")
        return "lambda(\(list), \(expression(kind, depth: depth)))"
    }

    private mutating func literal(_ kind: Kind) -> String {
        if let name = lambdas.last, source.chance(in: 2) { return "lambdaVariables('\(name)')" }
        switch kind {
        case .text: return "'\(source.one(of: Self.texts))'"
        case .integer: return source.one(of: Self.integers)
        case .boolean: return source.one(of: ["true()", "false()"])
        case .array: return source.one(of: ["createArray('a', 1)", "range(0, 5)", "createArray()", "variables('v1')"])
        case .object:
            return source.one(of: ["createObject('a', 1)", "createObject()", "variables('v2')", "resourceGroup()"])
        case .number: return source.one(of: ["float('1.5')", "float(3)"])
        case .any:
            return source.one(of: [
                "1", "'a'", "null()", "true()", "createArray()", "variables('v3')", "parameters('p0')",
            ])
        }
    }
}
