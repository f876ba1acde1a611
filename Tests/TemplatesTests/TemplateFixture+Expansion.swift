import Resources

@testable import Templates

extension TemplateFixture {
    static let group = "/subscriptions/\(subscription)/resourceGroups/rg"

    /// The expansion of a template with these resources.
    static func expand(_ resources: String, _ rest: String = "", version: String? = nil) throws -> Expansion {
        let sections = rest.isEmpty ? "" : ", \(rest)"
        return try program(template(#""resources": \#(resources)\#(sections)"#, version: version)).expand()
    }

    /// A resource of one name, with further members.
    static func resource(_ name: String, _ members: String = "", type: String = "A.B/c") -> String {
        let rest = members.isEmpty ? "" : ", \(members)"
        return #"{"type": "\#(type)", "apiVersion": "1", "name": "\#(name)"\#(rest)}"#
    }

    /// The problems of a template that must be refused, as `path: message`.
    static func problems(_ work: () throws -> Void) -> [String] {
        do {
            try work()
            return []
        } catch let problems as TemplateProblems {
            return problems.list.map { "\($0.path ?? "?"): \($0.message)" }
        } catch {
            return [message(of: error)]
        }
    }
}

extension Expansion {
    /// What each resource waits for, by names.
    var order: [String: [String]] {
        Dictionary(uniqueKeysWithValues: resources.map { ($0.name, $0.dependencies.map { resources[$0].name }) })
    }

    func resource(_ name: String) -> PlannedResource? {
        resources.first { $0.name == name }
    }
}
