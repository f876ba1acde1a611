import Resources

/// The response of what-if as people know it from Azure: a symbol and a colour for each change.
struct WhatIfReport {
    let changes: [JSONValue]
    /// Id of the group that is deployed to.
    let scope: String
    let painter: Painter

    private struct Kind {
        var name: String
        var symbol: String
        var verb: String
    }

    /// In the order in which they are listed.
    private static let kinds = [
        Kind(name: "Delete", symbol: "-", verb: "delete"), Kind(name: "Create", symbol: "+", verb: "create"),
        Kind(name: "Modify", symbol: "~", verb: "modify"), Kind(name: "Deploy", symbol: "!", verb: "deploy"),
        Kind(name: "NoChange", symbol: "=", verb: "leave unchanged"),
        Kind(name: "Unsupported", symbol: "x", verb: "see (unsupported)"),
        Kind(name: "Ignore", symbol: "*", verb: "ignore"),
    ]

    var text: String {
        guard !changes.isEmpty else { return "No change: the template deploys nothing, and the group holds nothing." }
        let present = Self.kinds.filter { kind in changes.contains { $0["changeType"]?.text == kind.name } }
        var lines = ["Resource and property changes are indicated with these symbols:"]
        lines += present.map { "  \(painted($0.symbol, $0.symbol)) \($0.name)" }
        lines += ["", "The deployment will update the following scope:", "", "Scope: \(scope)"]
        for kind in present {
            let own = changes.filter { $0["changeType"]?.text == kind.name }
                .sorted { ($0["resourceId"]?.text ?? "") < ($1["resourceId"]?.text ?? "") }
            for change in own { lines += describe(change, kind) }
        }
        let counts = present.map { kind in
            "\(changes.count { $0["changeType"]?.text == kind.name }) to \(kind.verb)"
        }
        return (lines + ["", "Resource changes: \(counts.joined(separator: ", "))."]).joined(separator: "\n")
    }

    private func describe(_ change: JSONValue, _ kind: Kind) -> [String] {
        let id = change["resourceId"]?.text ?? ""
        let name = id.lowercased().hasPrefix(scope.lowercased()) ? String(id.dropFirst(scope.count + 1)) : id
        let short = name.lowercased().hasPrefix("providers/") ? String(name.dropFirst("providers/".count)) : name
        let version = (change["after"] ?? change["before"])?["apiVersion"]?.text.map { " [\($0)]" } ?? ""
        let head = painted("  \(kind.symbol) \(short)\(version)", kind.symbol)
        guard kind.name != "Ignore", kind.name != "NoChange" else { return [head] }
        var lines = ["", head]
        switch kind.name {
        case "Create": lines += members(change["after"], "+")
        case "Delete": lines += members(change["before"], "-")
        default: lines += (change["delta"]?.elements ?? []).flatMap { describe(property: $0, depth: 2) }
        }
        return lines
    }

    private func members(_ document: JSONValue?, _ symbol: String) -> [String] {
        (document?.members ?? []).filter { $0.name != "apiVersion" && $0.name != "id" }.map { member in
            painted("      \(member.name): ", symbol) + painted(member.value.pretty(indent: 6), symbol)
        }
    }

    private func describe(property: JSONValue, depth: Int) -> [String] {
        let indent = String(repeating: "  ", count: depth)
        let path = property["path"]?.text ?? ""
        let (before, after) = (property["before"] ?? .null, property["after"] ?? .null)
        let children = property["children"]?.elements ?? []
        switch property["propertyChangeType"]?.text {
        case "Create": return [painted("\(indent)+ \(path): \(after.pretty(indent: depth * 2))", "+")]
        case "Delete": return [painted("\(indent)- \(path): \(before.pretty(indent: depth * 2))", "-")]
        case "Array":
            return [painted("\(indent)~ \(path): [", "~")]
                + children.flatMap { describe(property: $0, depth: depth + 1) }
                + ["\(indent)  ]"]
        default:
            guard children.isEmpty else {
                return [painted("\(indent)~ \(path):", "~")]
                    + children.flatMap { describe(property: $0, depth: depth + 1) }
            }
            return [
                painted("\(indent)~ \(path): ", "~") + painted(before.pretty(indent: depth * 2), "-") + " => "
                    + painted(after.pretty(indent: depth * 2), "+")
            ]
        }
    }

    private func painted(_ text: String, _ symbol: String) -> String {
        switch symbol {
        case "+": painter.green(text)
        case "-": painter.red(text)
        case "~": painter.magenta(text)
        case "!": painter.blue(text)
        case "*", "x": painter.faint(text)
        default: text
        }
    }
}
