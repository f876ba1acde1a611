import Routing

/// Which host coordinates which endpoint.
enum Coordinators {
    /// The host whose turn an endpoint is, among those that may coordinate; `nil` if none may.
    ///
    /// Every host comes to the same by itself. When hosts come or go, only the endpoints change hands that have to
    /// (rendezvous hashing).
    static func host(of endpointID: String, among hosts: [RouterHost]) -> RouterHost? {
        hosts.filter { $0.coordinates != false && $0.isGone != true }.max {
            rank($0, endpointID) < rank($1, endpointID)
        }
    }

    private static func rank(_ host: RouterHost, _ endpointID: String) -> UInt64 {
        SlotName(host.id, endpointID).low
    }
}
