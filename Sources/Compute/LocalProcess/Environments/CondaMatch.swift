import Foundation

/// One entry of a conda file's `dependencies`: a package name with a version constraint.
///
/// Understands `name`, `name=1.2`, `name==1.2.3`, `name=1.2=build`, `name>=1,<2`, `name 1.2.*`, `channel::name=1.2`
/// (conda's `MatchSpec`); brackets and alternatives (`|`) are refused.
struct CondaMatch: Sendable, Equatable {
    var name: String
    var version: VersionConstraint

    /// Why an entry can't be used.
    struct Untranslatable: Error {
        var problem: String
    }

    init(_ text: String) throws(Untranslatable) {
        let withoutComment = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)[0]
        var rest = String(withoutComment).trimmingCharacters(in: .whitespaces)
        if let channelEnd = rest.range(of: "::") { rest = String(rest[channelEnd.upperBound...]) }
        let isNameCharacter: (Character) -> Bool = { $0.isLetter || $0.isNumber || "-_.".contains($0) }
        let name = rest.prefix(while: isNameCharacter)
        let constraint = rest[name.endIndex...].trimmingCharacters(in: .whitespaces)
        guard !name.isEmpty, !constraint.contains("["), !constraint.contains("|") else {
            throw Untranslatable(problem: "\"\(text)\" can't be translated for PyPI")
        }
        self.name = name.lowercased()
        do {
            version = try CondaMatch.version(constraint)
        } catch {
            throw Untranslatable(problem: "the version in \"\(text)\" can't be translated for PyPI")
        }
    }

    private struct BadVersion: Error {}

    private static func version(_ constraint: String) throws(BadVersion) -> VersionConstraint {
        var clauses: [VersionConstraint.Clause] = []
        for part in constraint.split(separator: ",") {
            if let clause = try clause(part.trimmingCharacters(in: .whitespaces)) { clauses.append(clause) }
        }
        return VersionConstraint(clauses: clauses)
    }

    private static func clause(_ text: String) throws(BadVersion) -> VersionConstraint.Clause? {
        if text.isEmpty || text == "*" || text == "=*" { return nil }
        for relation in VersionConstraint.Relation.allCases where text.hasPrefix(relation.rawValue) {
            return .init(relation, try checked(text.dropFirst(relation.rawValue.count)))
        }
        // `=1.2=build`, `1.2 build` and `1.2=build` name one exact build; the build itself means nothing on PyPI.
        let isFuzzy = text.hasPrefix("=")
        let parts = text.drop { $0 == "=" }.split { $0 == "=" || $0 == " " }
        guard let version = parts.first else { throw BadVersion() }
        let isExact = parts.count > 1 ? parts[1] != "*" : !isFuzzy
        return .init(.equal, try checked(version, prefixMatch: !isExact))
    }

    /// The version alone, with `.*` at its end when any version that starts so is meant.
    private static func checked(_ text: Substring, prefixMatch: Bool = false) throws(BadVersion) -> String {
        // In `==1.2=build` the build follows the version.
        let version = text.split(separator: "=").first.map { $0.trimmingCharacters(in: .whitespaces) } ?? ""
        var number = version
        while number.hasSuffix("*") || number.hasSuffix(".") { number.removeLast() }
        let isPlain = number.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || ".!+_-".contains($0)) }
        guard isPlain, number.first?.isNumber == true else { throw BadVersion() }
        return prefixMatch || version.hasSuffix("*") ? number + ".*" : number
    }
}

/// Version clauses that must all hold, in PEP 440's syntax.
struct VersionConstraint: Sendable, Equatable, CustomStringConvertible {
    enum Relation: String, Sendable, CaseIterable {
        // Longer operators first: the parser takes the first that fits.
        case equal = "=="
        case atLeast = ">="
        case atMost = "<="
        case notEqual = "!="
        case compatible = "~="
        case above = ">"
        case below = "<"
    }

    struct Clause: Sendable, Equatable {
        var relation: Relation
        /// May end in `.*` when the relation is equality or its negation.
        var version: String

        init(_ relation: Relation, _ version: String) {
            let takesWildcard = relation == .equal || relation == .notEqual
            self.relation = relation
            self.version = !takesWildcard && version.hasSuffix(".*") ? String(version.dropLast(2)) : version
        }
    }

    var clauses: [Clause]

    var description: String { clauses.map { $0.relation.rawValue + $0.version }.joined(separator: ",") }

    /// Whether a Python of this version will do. A pinned patch level is not insisted on: code written for 3.11.5 runs
    /// on 3.11.2, and the host has only one.
    func admitsPython(_ version: [Int]) -> Bool {
        clauses.allSatisfy { clause in
            let wanted = clause.version.split(separator: ".").compactMap { Int($0) }
            let minor = Array(wanted.prefix(2))
            switch clause.relation {
            case .equal: return version.starts(with: minor)
            case .compatible:
                let series = wanted.count > 2 ? minor : Array(wanted.prefix(1))
                return version.starts(with: series) && !Self.precedes(version, minor)
            case .notEqual: return clause.version.hasSuffix("*") ? !version.starts(with: wanted) : version != wanted
            case .atLeast: return !Self.precedes(version, wanted)
            case .atMost: return !Self.precedes(wanted, Array(version.prefix(wanted.count)))
            case .above: return Self.precedes(wanted, version)
            case .below: return Self.precedes(version, wanted)
            }
        }
    }

    /// Numeric order by component; missing components count as zero.
    private static func precedes(_ first: [Int], _ second: [Int]) -> Bool {
        for index in 0..<max(first.count, second.count) {
            let a = index < first.count ? first[index] : 0
            let b = index < second.count ? second[index] : 0
            if a != b { return a < b }
        }
        return false
    }
}
