import ControlPlane
import Resources

/// A field that some versions of a type do not know: their responses leave it out, and their PUTs leave it as it is.
struct HiddenField<Served: ServedType>: Sendable {
    private let path: String
    private let versions: Set<String>
    /// Sets the field of a request to what is stored.
    let keep: @Sendable (inout Served.Request, Served.Resource) -> Void

    /// - Parameters:
    ///   - path: such as `properties.mirrorTraffic`.
    ///   - versions: those that do not know the field. Previews know more than the stable versions of their time.
    init<Value>(
        _ path: String, in versions: Set<String>,
        _ requested: any WritableKeyPath<Served.Request, Value> & Sendable,
        from stored: any KeyPath<Served.Resource, Value> & Sendable
    ) {
        (self.path, self.versions) = (path, versions)
        keep = { request, resource in request[keyPath: requested] = resource[keyPath: stored] }
    }

    func isHidden(in version: APIVersion) -> Bool { versions.contains(version.description) }

    func remove(from document: inout JSONValue) { document.replace(path, with: nil) }
}
