import ControlPlane
import Resources

/// `WorkspaceConnections_*`.
struct ConnectionType: NamedType {
    let service: ConnectionService

    let declaration = TypeDeclaration(
        "Microsoft.MachineLearningServices/workspaces/connections", versions: APIVersion.machineLearning,
        methods: [.put, .delete], lists: [.parent], saysCreated: false)

    let secrets = ["properties.credentials"]

    var verbs: [ServedVerb] {
        [
            .post("listsecrets") { call, _ in
                let connection = try await get(call)
                let credentials = try await service.credentials(of: connection)
                return .secret(try document(connection, try credentials?.document ?? .null))
            }
        ]
    }

    /// 2024-04-01 `WorkspaceConnectionPropertiesV2BasicResource`: without credentials, which `listsecrets` shows.
    func document(_ connection: Connection, _ rendering: any Rendering) throws -> JSONValue {
        try document(connection, .null)
    }

    private func document(_ connection: Connection, _ credentials: JSONValue) throws -> JSONValue {
        let stored = connection.properties
        var properties = try Document(encoding: stored.settings)
        properties.set("authType", stored.authType.description)
        properties.set("category", stored.category)
        properties.set("target", stored.target)
        try properties.set("metadata", encoding: stored.metadata)
        properties.set("credentials", credentials)
        properties.set("createdByWorkspaceArmId", connection.workspace.description)
        var body = Document(connection.resourceID, connection.audit)
        body.set("properties", properties.value)
        return body.value
    }

    func list(_ call: ServedCall, _ page: PageRequest) async throws -> Page<Connection> {
        let filter = ConnectionFilter(category: call.parameters["category"], target: call.parameters["target"])
        return try await service.list(caller: call.caller, workspace: try call.parentID(), filter, page: page)
    }

    func predict(_ request: ConnectionRequest, over stored: Connection) -> Connection {
        var connection = stored
        connection.properties = request.properties
        return connection
    }
}

extension ConnectionCredentials {
    fileprivate var document: JSONValue {
        get throws {
            var body = try Document(encoding: values)
            try body.set("keys", encoding: keys)
            return body.value
        }
    }
}
