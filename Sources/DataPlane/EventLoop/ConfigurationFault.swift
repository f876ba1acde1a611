/// A setting that is missing or cannot be used.
package struct ConfigurationFault: Error, Equatable, CustomStringConvertible {
    package let key: String
    package let reason: String

    init(key: String, _ reason: String) {
        (self.key, self.reason) = (key, reason)
    }

    package var description: String { "setting \(key) \(reason)" }
}
