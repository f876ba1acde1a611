import Resources

extension Evaluator {
    /// Which code stands behind which function.
    func dispatch(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        switch call.function {
        case .parameters: try parameter(try call.text(0), in: call.frame)
        case .variables: try variable(try call.text(0), in: call.frame)
        case .deployment, .environment, .subscription, .tenant, .deployer, .resourceGroup, .managementGroup:
            try ScopeFunctions.evaluate(call)

        case .reference, .references: try reference(call)
        case .resourceID, .subscriptionResourceID, .tenantResourceID, .managementGroupResourceID,
            .extensionResourceID:
            try ResourceIDFunctions.evaluate(call)
        case .providers, .pickZones, .roleDefinitions, .toLogicalZone, .toLogicalZones, .toPhysicalZone,
            .toPhysicalZones:
            try PlatformFunctions.evaluate(call)

        case .concat, .format, .substring, .split, .replace, .string, .trim, .join, .like, .toLower, .toUpper, .padLeft,
            .startsWith, .endsWith:
            try TextFunctions.evaluate(call)
        case .base64, .base64ToString, .base64ToJSON, .uri, .uriComponent, .uriComponentToString, .dataURI,
            .dataURIToString, .buildURI, .parseURI:
            try EncodingFunctions.evaluate(call)
        case .guid, .uniqueString, .newGuid: try HashFunctions.evaluate(call)

        case .array, .range, .min, .max, .flatten, .distinct, .createArray: try ArrayFunctions.evaluate(call)
        case .length, .first, .last, .skip, .take, .indexOf, .lastIndexOf, .contains, .empty, .indexFromEnd,
            .tryIndexFromEnd, .union, .intersection:
            try CollectionFunctions.evaluate(call)
        case .json, .null, .items, .createObject, .objectKeys, .shallowMerge, .tryGet:
            try ObjectFunctions.evaluate(call)

        case .if, .and, .or, .not, .coalesce, .bool, .equals, .less, .lessOrEquals, .greater, .greaterOrEquals, .yes,
            .no, .fail:
            try LogicFunctions.evaluate(call)
        case .add, .sub, .mul, .div, .mod, .int, .float: try NumberFunctions.evaluate(call)
        case .copyIndex: try copyIndex(call)
        case .utcNow, .dateTimeAdd, .dateTimeFromEpoch, .dateTimeToEpoch: try TimeFunctions.evaluate(call)

        case .lambdaVariables: try lambdaVariable(call)
        case .lambda, .filter, .map, .reduce, .sort, .toObject, .groupBy, .mapValues:
            try LambdaFunctions.evaluate(call)
        case .parseCIDR, .cidrSubnet, .cidrHost: try NetworkFunctions.evaluate(call)
        }
    }

    /// The index of a loop around the place: `copyIndex()`, `copyIndex(offset)`, `copyIndex('loop', offset)`.
    private func copyIndex(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        var name: String?
        var offset: Int64 = 0
        for (index, value) in try call.values().enumerated() {
            switch value {
            case .string(let text) where index == 0: name = text
            case .integer(let number) where index == call.count - 1: offset = number
            default: throw call.mismatch(index, index == 0 ? "a loop's name or an offset" : "an offset", value)
            }
        }
        let copies = call.frame.copies
        let copy = name.map { name in copies.last { $0.name.lowercased() == name.lowercased() } } ?? copies.last
        guard let copy else {
            throw name.map { call.fail("names the loop '\($0)', which is not around this place") }
                ?? call.fail("is not allowed outside of a loop")
        }
        let (sum, overflows) = Int64(copy.index).addingReportingOverflow(offset)
        guard !overflows else { throw call.fail("is given an offset that is too large") }
        return .integer(sum)
    }

    private func lambdaVariable(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        let name = try call.text(0)
        guard let value = call.frame.lambdaVariables[name.lowercased()] else {
            throw call.fail("names the lambda variable '\(name)', which is not defined here")
        }
        return value
    }
}
