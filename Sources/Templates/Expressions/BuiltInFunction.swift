/// Every function of the language (`arm-templates.md` §8) by its name in lower case.
package enum BuiltInFunction: String, Sendable, CaseIterable {
    // Deployment and scope
    case parameters, variables, deployment, environment, subscription, tenant, deployer
    case resourceGroup = "resourcegroup"
    case managementGroup = "managementgroup"
    // Resources
    case reference, references, providers
    case resourceID = "resourceid"
    case subscriptionResourceID = "subscriptionresourceid"
    case tenantResourceID = "tenantresourceid"
    case managementGroupResourceID = "managementgroupresourceid"
    case extensionResourceID = "extensionresourceid"
    case pickZones = "pickzones"
    case roleDefinitions = "roledefinitions"
    case toLogicalZone = "tologicalzone"
    case toLogicalZones = "tologicalzones"
    case toPhysicalZone = "tophysicalzone"
    case toPhysicalZones = "tophysicalzones"
    // Texts
    case concat, format, guid, substring, split, replace, string, base64, trim, uri, join, like
    case uniqueString = "uniquestring"
    case toLower = "tolower"
    case toUpper = "toupper"
    case base64ToString = "base64tostring"
    case base64ToJSON = "base64tojson"
    case padLeft = "padleft"
    case indexOf = "indexof"
    case lastIndexOf = "lastindexof"
    case startsWith = "startswith"
    case endsWith = "endswith"
    case uriComponent = "uricomponent"
    case uriComponentToString = "uricomponenttostring"
    case dataURI = "datauri"
    case dataURIToString = "datauritostring"
    case newGuid = "newguid"
    case buildURI = "builduri"
    case parseURI = "parseuri"
    // Arrays, some also of texts
    case array, length, first, last, skip, take, range, min, max, union, intersection, contains, flatten, empty
    case distinct
    case createArray = "createarray"
    case indexFromEnd = "indexfromend"
    case tryIndexFromEnd = "tryindexfromend"
    // Objects
    case json, null, coalesce, items
    case createObject = "createobject"
    case objectKeys = "objectkeys"
    case shallowMerge = "shallowmerge"
    case tryGet = "tryget"
    // Logic and comparison
    case `if`, and, or, not, bool, equals, less, greater
    case yes = "true"
    case no = "false"
    case lessOrEquals = "lessorequals"
    case greaterOrEquals = "greaterorequals"
    // Numbers
    case add, sub, mul, div, mod, int, float
    case copyIndex = "copyindex"
    // Times
    case utcNow = "utcnow"
    case dateTimeAdd = "datetimeadd"
    case dateTimeFromEpoch = "datetimefromepoch"
    case dateTimeToEpoch = "datetimetoepoch"
    // Lambdas
    case lambda, filter, map, reduce, sort
    case lambdaVariables = "lambdavariables"
    case toObject = "toobject"
    case groupBy = "groupby"
    case mapValues = "mapvalues"
    // Networks
    case parseCIDR = "parsecidr"
    case cidrSubnet = "cidrsubnet"
    case cidrHost = "cidrhost"
    // Flow
    case fail

    /// How many arguments it takes.
    var argumentCounts: ClosedRange<Int> {
        switch self {
        case .deployment, .environment, .subscription, .tenant, .deployer, .resourceGroup, .managementGroup, .newGuid,
            .null, .yes, .no:
            0...0
        case .parameters, .variables, .references, .roleDefinitions, .toLower, .toUpper, .string, .base64,
            .base64ToString, .base64ToJSON, .trim, .uriComponent, .uriComponentToString, .dataURI, .dataURIToString,
            .buildURI, .parseURI, .array, .length, .first, .last, .flatten, .empty, .distinct, .json, .items,
            .objectKeys, .shallowMerge, .not, .bool, .int, .float, .dateTimeFromEpoch, .dateTimeToEpoch,
            .lambdaVariables, .parseCIDR, .fail:
            1...1
        case .utcNow: 0...1
        case .copyIndex: 0...2
        case .reference: 1...3
        case .providers: 1...2
        case .split, .uri, .join, .like, .indexOf, .lastIndexOf, .startsWith, .endsWith, .skip, .take, .range,
            .contains, .indexFromEnd, .tryIndexFromEnd, .equals, .less, .lessOrEquals, .greater, .greaterOrEquals,
            .add, .sub, .mul, .div, .mod, .filter, .map, .sort, .mapValues, .cidrHost, .toLogicalZone, .toLogicalZones,
            .toPhysicalZone, .toPhysicalZones:
            2...2
        case .substring, .padLeft, .dateTimeAdd, .toObject, .groupBy: 2...3
        case .replace, .if, .reduce, .cidrSubnet: 3...3
        case .pickZones: 3...5
        case .concat, .createArray, .createObject: 0...Self.many
        case .format, .guid, .uniqueString, .min, .max, .union, .intersection, .coalesce: 1...Self.many
        case .resourceID, .subscriptionResourceID, .tenantResourceID, .and, .or, .tryGet, .lambda: 2...Self.many
        case .extensionResourceID, .managementGroupResourceID: 3...Self.many
        }
    }

    private static let many = Int.max

    var argumentText: String {
        let counts = argumentCounts
        let noun = counts.upperBound == 1 ? "argument" : "arguments"
        if counts.lowerBound == counts.upperBound { return "\(counts.lowerBound) \(noun)" }
        if counts.upperBound == Self.many { return "at least \(counts.lowerBound) \(noun)" }
        return "\(counts.lowerBound) to \(counts.upperBound) \(noun)"
    }
}
