import Resources

/// `{"name": …, "count": …, "input": …}` of a `copy` array: makes an array in place of `copy`.
struct PropertyLoop: Sendable {
    var name: String
    var count: JSONValue
    var input: JSONValue

    /// The loops of a member called `copy`; nil for any other member.
    static func read(_ member: (name: String, value: JSONValue)) -> [PropertyLoop]? {
        guard member.name.lowercased() == "copy", case .array(let elements) = member.value, !elements.isEmpty else {
            return nil
        }
        var loops: [PropertyLoop] = []
        for element in elements {
            guard let name = element["name"]?.text, let count = element["count"], let input = element["input"] else {
                return nil
            }
            loops.append(PropertyLoop(name: name, count: count, input: input))
        }
        return loops
    }
}
