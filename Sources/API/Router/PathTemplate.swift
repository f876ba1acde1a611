import Resources

/// Where an API route is: words and the names between them, as OpenAPI writes paths.
///
/// ```
/// /subscriptions/{subscription}/resourceGroups/{resourceGroup}/providers/Microsoft.Insights/autoscaleSettings/{setting}
/// {scope}/providers/Microsoft.Authorization/roleAssignments/{assignment}
/// ```
/// A path matches by position: a word stands where the template has it, and a name is whatever stands in the place of a
/// name. `{scope}` at the beginning stands for the tenant or the id of any resource.
package struct PathTemplate: Sendable, Equatable, CustomStringConvertible {
    package enum Part: Sendable, Equatable {
        case word(String)
        case name(String)
    }

    package let parts: [Part]
    /// Whether the template begins with `{scope}`.
    package let isExtension: Bool

    package init(_ text: String) {
        isExtension = text.hasPrefix(Self.scope)
        parts = (isExtension ? text.dropFirst(Self.scope.count) : text[...]).split(separator: "/").map { part in
            part.hasPrefix("{") ? .name(String(part.dropFirst().dropLast())) : .word(String(part))
        }
    }

    private init(parts: [Part], isExtension: Bool) {
        (self.parts, self.isExtension) = (parts, isExtension)
    }

    private static let scope = "{scope}"

    static let subscription = PathTemplate("/subscriptions/{subscription}")
    static let group = subscription + "resourceGroups/{resourceGroup}"

    static func + (template: PathTemplate, more: String) -> PathTemplate {
        PathTemplate(parts: template.parts + PathTemplate("/" + more).parts, isExtension: template.isExtension)
    }

    package var description: String {
        (isExtension ? Self.scope : "")
            + parts.map { part in
                switch part {
                case .word(let word): "/\(word)"
                case .name(let name): "/{\(name)}"
                }
            }.joined()
    }

    /// The names of a path that matches, by the template's words for them; nil for any other path.
    func match(_ path: RequestPath) -> [String: String]? {
        let own = path.segments.suffix(parts.count)
        let before = path.segments.dropLast(parts.count)
        guard own.count == parts.count, isExtension || before.isEmpty else { return nil }
        var names: [String: String] = [:]
        if isExtension {
            guard before.isEmpty || ResourceAddress(segments: before) != nil else { return nil }
            names["scope"] = before.isEmpty ? "/" : before.map { "/\($0)" }.joined()
        }
        for (part, segment) in zip(parts, own) {
            switch part {
            case .word(let word): guard segment.isSameWord(as: word) else { return nil }
            case .name(let name): names[name] = segment
            }
        }
        return names
    }

    /// A template of the same length with words where this one has names is the narrower one.
    var wordCount: Int { parts.count { if case .word = $0 { true } else { false } } }

    // MARK: Rights

    /// The type of the resource that the path names, or that its collection holds, and how many parts make the id of
    /// what the right is asked on. A word at the end is a collection below a resource, or a verb on it.
    func subject(isVerb: Bool) -> (type: String, verb: String?, scopeCount: Int) {
        var namespace: String?
        var types: [String] = []
        var next = 0
        var resourceCount = 0
        while next < parts.count, case .word(let word) = parts[next] {
            if word == "providers", next + 1 < parts.count, case .word(let found) = parts[next + 1] {
                namespace = found
                types = []
                next += 2
                continue
            }
            types.append(word)
            next += 1
            guard next < parts.count, case .name = parts[next] else { break }
            next += 1
            resourceCount = next
        }
        let endsWithWord = if case .word = parts.last { true } else { false }
        let verb = isVerb && endsWithWord ? types.popLast() : nil
        let type = ([namespace ?? "Microsoft.Resources"] + types).joined(separator: "/")
        return (type, verb, endsWithWord ? resourceCount : parts.count)
    }

    /// The id that the first parts of a path make, spelt as the template spells its words; `/` for none.
    func id(_ names: [String: String], count: Int) -> String {
        let scope = isExtension ? names["scope"].flatMap { $0 == "/" ? "" : $0 } ?? "" : ""
        let own = parts.prefix(count).map { part in
            switch part {
            case .word(let word): "/\(word)"
            case .name(let name): "/\(names[name] ?? "")"
            }
        }.joined()
        return scope + own == "" ? "/" : scope + own
    }
}
