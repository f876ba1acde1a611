import Resources

/// What a deployment knows of where it runs.
enum ScopeFunctions {
    static func evaluate(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        let context = call.evaluator.environment.context
        switch call.function {
        case .deployment: return deployment(call.evaluator.environment)
        case .environment: return context.environment
        case .subscription: return context.subscription
        case .tenant: return context.tenant
        case .deployer: return context.deployer
        case .resourceGroup:
            guard let group = context.resourceGroup else {
                throw call.fail("is not allowed in a deployment at subscription scope")
            }
            return group
        case .managementGroup: throw call.fail("is allowed only in a deployment at management group scope")
        default: throw call.isOfAnotherGroup
        }
    }

    private static func deployment(_ environment: Environment) -> JSONValue {
        let context = environment.context
        var members: [(name: String, value: JSONValue)] = [("name", .string(context.name))]
        if let location = context.location { members.append(("location", .string(location))) }
        var properties: [(name: String, value: JSONValue)] = [("template", environment.templateSummary)]
        if let link = context.templateLink { properties.append(("templateLink", link)) }
        properties.append(("parameters", .object(JSONObject())))
        properties.append(("mode", .string(context.mode)))
        properties.append(("provisioningState", .string("Accepted")))
        members.append(("properties", .object(JSONObject(properties))))
        return .object(JSONObject(members))
    }
}
