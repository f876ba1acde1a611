/// One key of the configuration: for the code that reads it, and for `sluice settings`, which explains it.
package struct ConfigurationKey: Sendable {
    /// `https.address`; in the environment `SLUICE_HTTPS_ADDRESS`, on the command line `--set https.address=…`.
    package let name: String
    /// What holds when it is not set, in words.
    package let fallback: String
    package let explanation: String

    /// The name of the environment variable.
    package var environmentName: String { "SLUICE_" + Self.screaming(name) }

    /// `routers.control-token` as `ROUTERS_CONTROL_TOKEN`.
    static func screaming(_ name: String) -> String {
        String(name.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
    }

    package static let all: [ConfigurationKey] = [
        ConfigurationKey(
            name: "data.directory", fallback: "/var/lib/sluice for root, ~/.sluice otherwise",
            explanation: "Directory of keys, certificates, artifacts, logs and, without a database URL, the database."),
        ConfigurationKey(
            name: "https.address", fallback: "127.0.0.1:8443", explanation: "host:port of the API over TLS."),
        ConfigurationKey(
            name: "https.public-address", fallback: "https.address",
            explanation:
                "host:port of the API as clients know it; stands in the credentials file and in the certificate."),
        ConfigurationKey(
            name: "https.hosts", fallback: "none",
            explanation: "Further host names and addresses for the server certificate, separated by commas."),
        ConfigurationKey(
            name: "http.address", fallback: "none",
            explanation: "host:port of the API without TLS; only a loopback address is accepted."),
        ConfigurationKey(
            name: "http.trust-forwarded", fallback: "false",
            explanation: "Whether x-forwarded-host and x-forwarded-proto of a proxy in front are believed."),
        ConfigurationKey(
            name: "tls.certificate", fallback: "made by the local CA",
            explanation: "PEM file of your own server certificate chain."),
        ConfigurationKey(
            name: "tls.key", fallback: "made by the local CA", explanation: "PEM file of its private key."),
        ConfigurationKey(
            name: "scoring.address", fallback: "127.0.0.1:8580", explanation: "host:port that the routers share."),
        ConfigurationKey(
            name: "scoring.public-address", fallback: "scoring.address",
            explanation: "host:port in scoring URIs, where a load balancer stands in front of the routers."),
        ConfigurationKey(
            name: "scoring.domain", fallback: "none",
            explanation: "Domain of scoring hosts: endpoints are reached as {endpoint}.{region}.{domain}."),
        ConfigurationKey(
            name: "scoring.tls", fallback: "true, but false for an installation that was made with plain HTTP",
            explanation:
                "Whether scoring requests come over TLS, with the certificate of the API; takes effect with new routers."
        ),
        ConfigurationKey(
            name: "database.url", fallback: "DATABASE_URL, else a private cluster in the data directory",
            explanation: "PostgreSQL connection string or URL."),
        ConfigurationKey(name: "database.schema", fallback: "sluice", explanation: "Schema that holds the tables."),
        ConfigurationKey(
            name: "database.pool-size", fallback: "16", explanation: "Most connections of one process, 2 to 200."),
        ConfigurationKey(
            name: "database.migrations", fallback: "found beside the binary or in the sources",
            explanation: "Directory of the numbered migrations."),
        ConfigurationKey(
            name: "routers.count", fallback: "3", explanation: "Router processes on this host, 0 to 64."),
        ConfigurationKey(
            name: "routers.executable", fallback: "sluice-router beside this binary",
            explanation: "The router's binary."),
        ConfigurationKey(
            name: "routers.external", fallback: "none",
            explanation: "Control addresses (tcp:host:port) of routers that somebody else starts, separated by commas."),
        ConfigurationKey(
            name: "routers.access-log", fallback: "0",
            explanation:
                "One scoring request in so many gets a JSON line in routers/*.access.log; 0 for none, 1 for all."),
        ConfigurationKey(
            name: "routers.control-token", fallback: "none",
            explanation: "Secret that external routers ask for on their control address."),
        ConfigurationKey(
            name: "compute.backend", fallback: "local",
            explanation: "What runs replicas: local (processes of this host) or simulated."),
        ConfigurationKey(
            name: "compute.python", fallback: "python3 on the path, then python3.14 to python3.8",
            explanation: "Pythons that environments are built from, the preferred one first, separated by commas."),
        ConfigurationKey(
            name: "compute.python-downloads", fallback: "true",
            explanation: "Whether uv may download a Python that an environment asks for and this host does not have."),
        ConfigurationKey(
            name: "compute.uv", fallback: "uv beside the data directory or on the path",
            explanation: "The uv binary that builds environments."),
        ConfigurationKey(
            name: "compute.isolation", fallback: "auto",
            explanation:
                "How replicas and builds are confined: auto (namespaces by bubblewrap, else Landlock, else none is started), "
                + "namespaces, landlock, or none, which lets them do whatever the account of Sluice may."),
        ConfigurationKey(
            name: "compute.accounts", fallback: "200000-265535",
            explanation:
                "User ids that replicas and builds run as when Sluice runs as root, first-last; no other program of the "
                + "host may use them."),
        ConfigurationKey(
            name: "compute.instance-types", fallback: "none",
            explanation:
                "Instance types beside Azure's, separated by commas, each name=cores/GiB or name=cores/GiB/GPUs, with "
                + "@price of an hour behind it or not."),
        ConfigurationKey(
            name: "compute.cores", fallback: "no limit",
            explanation: "vCPUs of this host that replicas may have together, by their instance types."),
        ConfigurationKey(
            name: "compute.memory-gib", fallback: "no limit",
            explanation: "Memory of this host that replicas may have together, by their instance types, in GiB."),
        ConfigurationKey(
            name: "quota.cores", fallback: "no limit",
            explanation:
                "vCPUs that a subscription's deployments may have, with a fifth more instances for upgrades."),
        ConfigurationKey(
            name: "quota.endpoints", fallback: "no limit", explanation: "Online endpoints of a subscription."),
        ConfigurationKey(
            name: "quota.deployments", fallback: "no limit", explanation: "Online deployments of a subscription."),
        ConfigurationKey(
            name: "compute.drain-seconds", fallback: "30",
            explanation: "Longest time that requests inside a leaving replica may take, 0 to 3600."),
        ConfigurationKey(
            name: "autoscale.calm-seconds", fallback: "60",
            explanation:
                "How long the load must have been low before scaling by utilization takes replicas away, 1 to 3600."),
        ConfigurationKey(
            name: "operations.deadline-seconds", fallback: "3600",
            explanation: "Time after which an operation fails, 1 to 86400."),
        ConfigurationKey(
            name: "operations.concurrency", fallback: "256", explanation: "Operations carried out at once, 1 to 10000."),
        ConfigurationKey(
            name: "openapi.directory", fallback: "found beside the binary or in the sources",
            explanation: "Directory of the OpenAPI documents."),
        ConfigurationKey(
            name: "bootstrap.resource-group", fallback: "default",
            explanation: "Resource group made on the first start."),
        ConfigurationKey(
            name: "bootstrap.workspace", fallback: "main", explanation: "Workspace made on the first start."),
        ConfigurationKey(name: "bootstrap.location", fallback: "local", explanation: "Region of both."),
        ConfigurationKey(
            name: "log.level", fallback: "info", explanation: "trace, debug, info, notice, warning, error or critical."),
    ]
}
