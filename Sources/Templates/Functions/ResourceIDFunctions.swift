import Resources

/// Functions that put resource ids together.
enum ResourceIDFunctions {
    static func evaluate(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        var parts: [String] = []
        for index in 0..<call.count { parts.append(try call.text(index)) }
        let scope = call.evaluator.environment.context.scope
        switch call.function {
        case .resourceID:
            let leading = try leadingParts(parts, most: scope.resourceGroup == nil ? 1 : 2, call)
            let names = parts.dropFirst(leading.count)
            // One leading part is a group in a group's deployment, a subscription elsewhere.
            let subscription = leading.count == 2 || scope.resourceGroup == nil ? leading.first : nil
            var prefix = "/subscriptions/\(subscription ?? scope.subscriptionID)"
            if let group = scope.resourceGroup {
                prefix += "/resourceGroups/\((leading.isEmpty ? nil : leading.last) ?? group)"
            } else if leading.count == 2 {
                prefix += "/resourceGroups/\(leading[1])"
            }
            return .string(try id(prefix, Array(names), call))
        case .subscriptionResourceID:
            let leading = try leadingParts(parts, most: 1, call)
            return .string(
                try id(
                    "/subscriptions/\(leading.first ?? scope.subscriptionID)", Array(parts.dropFirst(leading.count)),
                    call))
        case .tenantResourceID: return .string(try id("", parts, call))
        case .managementGroupResourceID:
            return .string(
                try id(
                    "/providers/Microsoft.Management/managementGroups/\(parts[0])", Array(parts.dropFirst()), call))
        case .extensionResourceID:
            let base = parts[0].hasSuffix("/") ? String(parts[0].dropLast()) : parts[0]
            return .string(try id(base, Array(parts.dropFirst()), call))
        default: throw call.isOfAnotherGroup
        }
    }

    /// Subscription and group come before the type, which is the first part with a slash in it.
    private static func leadingParts(
        _ parts: [String], most: Int, _ call: FunctionCall
    ) throws(EvaluationFailure) -> [String] {
        guard let type = parts.prefix(3).firstIndex(where: { $0.utf8.contains(UInt8(ascii: "/")) }) else {
            throw call.fail("needs a resource type such as Microsoft.MachineLearningServices/workspaces")
        }
        guard type <= max(most, call.function == .resourceID ? 2 : most) else {
            throw call.fail("has too many arguments before the resource type '\(parts[type])'")
        }
        return Array(parts.prefix(type))
    }

    /// `parts` are a type and one name for each of its segments.
    private static func id(
        _ prefix: String, _ parts: [String], _ call: FunctionCall
    ) throws(EvaluationFailure) -> String {
        guard let type = parts.first else { throw call.fail("needs a resource type") }
        let segments = ResourceAddress.segments(of: type)
        let names = Array(parts.dropFirst())
        guard segments.count >= 2, segments.allSatisfy({ !$0.isEmpty }) else {
            throw call.fail("needs a fully qualified resource type, not '\(type.prefix(100))'")
        }
        guard names.count == segments.count - 1 else {
            throw call.fail(
                "needs \(segments.count - 1) names for the type '\(type.prefix(200))', not \(names.count)")
        }
        return ResourceAddress(scope: prefix, type: type, names: names).id
    }
}
