package import Foundation

/// How the fleet of routers is run.
package struct FleetSettings: Sendable {
    /// Router processes on this host; 0 where others start them.
    package var count: Int
    /// The `sluice-router` binary.
    package var executable: String
    /// `host:port` that the routers share.
    package var listenAddress: String
    /// Control addresses of routers that somebody else starts, `tcp:host:port`.
    package var external: [String]
    /// Sockets, logs and saved tables of the routers.
    package var directory: URL
    /// Directory of the slot table that the routers share, which is made if it is not there; nil gives each its own.
    package var slotTable: URL?
    /// PEM files for scoring requests over TLS; nil for requests without.
    package var tls: (certificate: URL, key: URL)?
    /// One request in so many is written to the routers' access logs; nil for none.
    package var accessLogInterval: Int?
    /// Environment of the router processes.
    package var environment: [String: String]
    /// How often each router is looked at.
    package var healthInterval: Duration
    /// Looks without a response after which a router is given up.
    package var failureThreshold: Int
    /// How long a router may take to respond.
    package var answerDeadline: Duration
    /// How long a new router may take to respond for the first time.
    package var startDeadline: Duration
    /// How long a router that the fleet has no place for may take to end what is inside.
    package var retirementDeadline = Duration.seconds(60)

    package init(
        count: Int, executable: String, listenAddress: String, external: [String], directory: URL,
        slotTable: URL? = nil, tls: (certificate: URL, key: URL)? = nil, accessLogInterval: Int? = nil,
        environment: [String: String] = [:],
        healthInterval: Duration = .milliseconds(500),
        failureThreshold: Int = 2,
        answerDeadline: Duration = .milliseconds(700), startDeadline: Duration = .seconds(10)
    ) {
        (self.count, self.executable, self.listenAddress) = (count, executable, listenAddress)
        (self.external, self.directory, self.slotTable) = (external, directory, slotTable)
        (self.tls, self.accessLogInterval, self.environment) = (tls, accessLogInterval, environment)
        (self.healthInterval, self.failureThreshold) = (healthInterval, failureThreshold)
        (self.answerDeadline, self.startDeadline) = (answerDeadline, startDeadline)
    }
}
