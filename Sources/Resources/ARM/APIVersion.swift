/// An `api-version`: a date with an optional `-preview`.
package struct APIVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let description: String

    package init?(_ text: String) {
        let lowered = text.lowercased()
        let date = lowered.prefix(10)
        let digits = date.enumerated().allSatisfy { index, character in
            index == 4 || index == 7 ? character == "-" : character.isASCII && character.isNumber
        }
        guard date.count == 10, digits else { return nil }
        let suffix = lowered.dropFirst(10)
        // It stands in the addresses that we hand out.
        guard suffix.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }),
            suffix.isEmpty || (suffix.hasPrefix("-") && suffix.count > 1)
        else { return nil }
        description = lowered
    }

    private init(known text: String) {
        description = text
    }

    /// By date; a preview comes before the stable version of the same day.
    package static func < (first: APIVersion, second: APIVersion) -> Bool {
        let (a, b) = (first.description.prefix(10), second.description.prefix(10))
        return a == b ? first.description.count > second.description.count : a < b
    }

    /// Versions of `Microsoft.MachineLearningServices` that we answer, oldest first.
    package static let machineLearning = [
        "2022-02-01-preview", "2022-05-01", "2022-10-01", "2023-04-01-preview", "2023-04-01", "2023-08-01-preview",
        "2023-10-01", "2024-01-01-preview", "2024-04-01-preview", "2024-04-01", "2024-10-01-preview", "2024-10-01",
        "2025-04-01", "2025-06-01", "2025-09-01", "2025-12-01", "2026-03-01", "2026-05-01",
    ].map(APIVersion.init(known:))

    /// Versions of `Microsoft.Resources` for resource groups and subscriptions.
    package static let resources = [
        "2019-10-01", "2020-01-01", "2020-06-01", "2020-10-01", "2021-01-01", "2021-04-01", "2022-09-01", "2022-12-01",
        "2024-03-01", "2024-11-01", "2025-03-01", "2025-04-01", "2026-06-01",
    ].map(APIVersion.init(known:))

    /// Versions of `Microsoft.Authorization`.
    package static let authorization = [
        "2015-07-01", "2017-09-01", "2018-01-01-preview", "2018-07-01", "2018-09-01-preview", "2019-04-01-preview",
        "2020-03-01-preview", "2020-04-01-preview", "2020-08-01-preview", "2020-10-01", "2020-10-01-preview",
        "2022-04-01",
    ].map(APIVersion.init(known:))

    /// Versions of autoscale settings.
    package static let autoscale = ["2014-04-01", "2015-04-01", "2021-05-01-preview", "2022-10-01"]
        .map(APIVersion.init(known:))

    /// Versions of deployments; clients and templates send all that there ever were.
    package static let deployments = [
        "2014-04-01", "2015-01-01", "2015-11-01", "2016-02-01", "2016-07-01", "2016-09-01", "2017-05-10", "2018-02-01",
        "2018-05-01", "2019-03-01", "2019-05-01", "2019-05-10", "2019-07-01", "2019-08-01", "2019-10-01", "2020-06-01",
        "2020-08-01", "2020-10-01", "2021-01-01", "2021-04-01", "2022-09-01", "2022-12-01", "2024-03-01", "2024-07-01",
        "2024-11-01", "2025-03-01", "2025-04-01", "2026-06-01",
    ].map(APIVersion.init(known:))

    /// The version that our documents describe.
    package static let reference = APIVersion(known: "2024-04-01")
}
