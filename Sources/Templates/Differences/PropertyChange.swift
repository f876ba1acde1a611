package import Resources

/// How one property would change, as what-if reports it.
package struct PropertyChange: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case create = "Create"
        case delete = "Delete"
        case modify = "Modify"
        /// Elements of an array changed; `children` tell which.
        case array = "Array"
    }

    /// Names with dots between them; the position of an element.
    package var path: String
    package var kind: Kind
    package var before: JSONValue?
    package var after: JSONValue?
    package var children: [PropertyChange]

    init(_ path: String, _ kind: Kind, before: JSONValue?, after: JSONValue?, children: [PropertyChange] = []) {
        (self.path, self.kind, self.before) = (path, kind, before)
        (self.after, self.children) = (after, children)
    }

    /// What differs between two documents. Objects are walked, so that a path leads to the smallest thing that changed;
    /// null is like a property that is not there.
    package static func list(from before: JSONValue, to after: JSONValue) -> [PropertyChange] {
        changes(from: before, to: after, at: "")
    }

    private static func changes(from before: JSONValue, to after: JSONValue, at path: String) -> [PropertyChange] {
        guard case .object(let old) = before, case .object(let new) = after else {
            return change(from: before, to: after, at: path).map { [$0] } ?? []
        }
        var names = old.members.map(\.name)
        names += new.members.map(\.name).filter { name in !old.members.contains { $0.name == name } }
        return names.flatMap { name -> [PropertyChange] in
            let place = path.isEmpty ? name : "\(path).\(name)"
            switch (present(old, name), present(new, name)) {
            case (let old?, let new?): return changes(from: old, to: new, at: place)
            case (let old?, nil): return [PropertyChange(place, .delete, before: old, after: nil)]
            case (nil, let new?): return [PropertyChange(place, .create, before: nil, after: new)]
            case (nil, nil): return []
            }
        }
    }

    private static func present(_ object: JSONObject, _ name: String) -> JSONValue? {
        guard let value = object.members.first(where: { $0.name == name })?.value, value != .null else { return nil }
        return value
    }

    private static func change(from before: JSONValue, to after: JSONValue, at path: String) -> PropertyChange? {
        guard before != after else { return nil }
        guard case .array(let old) = before, case .array(let new) = after else {
            return PropertyChange(path, .modify, before: before, after: after)
        }
        let children = elementChanges(from: old, to: new)
        return PropertyChange(path, .array, before: before, after: after, children: children)
    }

    private static func elementChanges(from old: [JSONValue], to new: [JSONValue]) -> [PropertyChange] {
        (0..<max(old.count, new.count)).compactMap { index in
            let place = String(index)
            guard index < new.count else { return PropertyChange(place, .delete, before: old[index], after: nil) }
            guard index < old.count else { return PropertyChange(place, .create, before: nil, after: new[index]) }
            guard old[index] != new[index] else { return nil }
            let inner = changes(from: old[index], to: new[index], at: "").filter { !$0.path.isEmpty }
            return PropertyChange(place, .modify, before: old[index], after: new[index], children: inner)
        }
    }

    package var json: JSONValue {
        var object = JSONObject([("path", .string(path)), ("propertyChangeType", .string(kind.rawValue))])
        object.set("before", before)
        object.set("after", after)
        if !children.isEmpty { object.set("children", .array(children.map(\.json))) }
        return .object(object)
    }
}
