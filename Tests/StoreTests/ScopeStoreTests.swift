import Foundation
import Postgres
import Resources
import Store
import TestSupport
import Testing

@Suite struct ScopeStoreTests {
    @Test func `a subscription is kept in lower case and made once`() async throws {
        try await TestDatabase.withDatabase { database in
            let store = SubscriptionStore(database)
            try await store.ensure(id: "ABC", displayName: "first")
            try await store.ensure(id: "abc", displayName: "second")
            #expect(try await store.exists("aBc"))
            #expect(try await !store.exists("other"))
            let all = try await store.list()
            #expect(all.count == 1 && all.first?.id == "abc" && all.first?.displayName == "first")
        }
    }

    @Test func `a group is made, then updated, its first spelling kept`() async throws {
        try await TestDatabase.withDatabase { database in
            try await SubscriptionStore(database).ensure(id: "sub", displayName: "")
            let store = ResourceGroupStore(database)
            #expect(try await store.save(ResourceGroup(subscription: "SUB", name: "Group", location: "eu", tags: [:])))
            #expect(
                try await !store.save(
                    ResourceGroup(subscription: "sub", name: "GROUP", location: "eu", tags: ["a": "ü\"'"])))
            let expected = ResourceGroup(subscription: "sub", name: "Group", location: "eu", tags: ["a": "ü\"'"])
            #expect(try await store.find(subscription: "Sub", name: "gROUP") == expected)
            #expect(try await store.list(subscription: "SUB") == [expected])
            try await store.delete(id: try #require(try await store.id(subscription: "SUB", name: "GROUP")))
            #expect(try await store.list(subscription: "sub") == [])
            await expectCode(.foreignKeyViolation(constraint: "resource_groups_subscription_id_fkey")) {
                try await store.save(ResourceGroup(subscription: "none", name: "g", location: "eu", tags: [:]))
            }
        }
    }

    @Test func `a group with workspaces and a workspace with endpoints can't be removed`() async throws {
        try await StoreFixture.with { fixture in
            let groups = ResourceGroupStore(fixture.database)
            let group = try #require(try await groups.id(subscription: "sub", name: "group"))
            #expect(try await groups.holdsResources(id: group))
            await expectCode(.foreignKeyViolation(constraint: "workspaces_resource_group_id_fkey")) {
                try await groups.delete(id: group)
            }
            try await fixture.makeEndpoint()
            await expectCode(.foreignKeyViolation(constraint: "online_endpoints_workspace_id_fkey")) {
                try await WorkspaceStore(fixture.database).delete(id: fixture.workspace.id)
            }
        }
    }

    @Test func `a workspace is found by its id in any case and updated by one of two`() async throws {
        try await StoreFixture.with { fixture in
            let store = WorkspaceStore(fixture.database)
            let workspace = fixture.workspace
            let id = ResourceID.workspace(subscription: "SUB", resourceGroup: "GROUP", name: "WS-ONE")
            #expect(try await store.find(id) == workspace)
            #expect(try await store.find(.workspace(subscription: "sub", resourceGroup: "group", name: "none")) == nil)
            await expectCode(.uniqueViolation(constraint: "workspaces_name")) {
                try await StoreFixture.makeWorkspace("Ws-One", fixture.database)
            }
            let request = try WorkspaceRequest(
                reading: StoreFixture.body(
                    #"{"location": "eu", "properties": {"friendlyName": "F", "hbiWorkspace": true}}"#))
            #expect(try await store.update(workspace, to: request, by: "b"))
            #expect(try await !store.update(workspace, to: request, by: "c"))
            let stored = try #require(try await store.find(id: workspace.id))
            #expect(stored.properties.friendlyName == "F" && stored.version == RowVersion(revision: 2, generation: 2))
            #expect(stored.audit.lastModifiedBy == "b")
            try await store.delete(id: workspace.id)
            #expect(try await store.find(id: workspace.id) == nil)
        }
    }

    @Test(arguments: ChangeTopic.allCases)
    func `a change is told on the channel of the schema`(topic: ChangeTopic) async throws {
        try await TestDatabase.withDatabase { database in
            let listener = NotificationListener(settings: database.settings, logger: TestDatabase.silent)
            let (events, continuation) = AsyncStream.makeStream(of: NotificationListener.Event.self)
            let task = Task { await listener.run { continuation.yield($0) } }
            defer { task.cancel() }
            var heard = events.makeAsyncIterator()
            #expect(await heard.next() == .reconnected)
            try await ChangeNotifier(database).notify([topic])
            #expect(await heard.next() == .notification(payload: topic.rawValue))
        }
    }
}

@Suite struct AccessStoreTests {
    @Test func `an enabled principal is found by its application, a disabled one is not`() async throws {
        try await TestDatabase.withDatabase { database in
            let store = PrincipalStore(database)
            let row = PrincipalRow(
                objectID: UUID(), applicationID: UUID(), displayName: "it's me", secretHashes: ["h$1"])
            #expect(try await store.list().isEmpty)
            try await store.insert(row)
            #expect(try await store.findEnabled(applicationID: row.applicationID) == row)
            #expect(try await store.findEnabled(applicationID: UUID()) == nil)
            await expectCode(.uniqueViolation(constraint: "principals_application_id_key")) {
                try await store.insert(
                    PrincipalRow(
                        objectID: UUID(), applicationID: row.applicationID, displayName: "", secretHashes: [""]))
            }
            #expect(try await store.setEnabled(false, applicationID: row.applicationID))
            #expect(try await !store.setEnabled(false, applicationID: UUID()))
            #expect(try await store.findEnabled(applicationID: row.applicationID) == nil)
            #expect(
                try await store.list() == [
                    PrincipalSummary(
                        applicationID: row.applicationID, displayName: row.displayName, isEnabled: false)
                ])
        }
    }

    @Test func `what has expired opens nothing, and grants nothing`() async throws {
        try await TestDatabase.withDatabase { database in
            let row = PrincipalRow(
                objectID: UUID(), applicationID: UUID(), displayName: "two secrets", secretHashes: ["h$1", "h$2"])
            try await PrincipalStore(database).insert(row)
            try await database.query(
                "UPDATE principal_credentials SET expires_at = clock_timestamp() WHERE digest = 'h$1'")
            #expect(
                try await PrincipalStore(database).findEnabled(applicationID: row.applicationID)?.secretHashes == [
                    "h$2"
                ])
            let assignments = RoleAssignmentStore(database)
            for (scope, name) in [("/", UUID()), ("/subscriptions/s", UUID())] {
                try await assignments.insert(
                    RoleAssignment(
                        name: name, scope: scope, roleDefinitionID: RoleDefinition.owner.id, principalID: row.objectID,
                        principalType: .servicePrincipal, description: nil,
                        audit: AuditTrail(
                            createdBy: "t", createdAt: Date(), lastModifiedBy: "t", lastModifiedAt: Date())))
            }
            try await database.query("UPDATE role_assignments SET expires_at = clock_timestamp() WHERE scope = '/'")
            #expect(try await assignments.list(principalID: row.objectID).map(\.scope) == ["/subscriptions/s"])
        }
    }

    @Test func `a server of the version before makes principals that can sign in`() async throws {
        try await TestDatabase.withDatabase { database in
            let application = UUID()
            try await database.query(
                """
                INSERT INTO principals (object_id, application_id, display_name, secret_hash)
                VALUES (\(UUID()), \(application), 'older', 'h$1')
                """)
            #expect(try await PrincipalStore(database).findEnabled(applicationID: application)?.secretHashes == ["h$1"])
        }
    }

    @Test func `processes that start together agree on one signing key`() async throws {
        try await TestDatabase.withDatabase { database in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<5 {
                    group.addTask {
                        try await database.transaction { transaction in
                            try await SigningKeyStore(transaction).insertFirst(
                                SigningKeyRow(
                                    keyID: "k\(number)", sealedPrivateKey: Data([0, 1, 255]), publicKeyPEM: "pem"))
                        }
                    }
                }
                try await group.waitForAll()
            }
            let active = try await SigningKeyStore(database).listActive()
            #expect(active.count == 1)
            #expect(active.first?.sealedPrivateKey == Data([0, 1, 255]))
            try await database.query("UPDATE signing_keys SET retired_at = now()")
            #expect(try await SigningKeyStore(database).listActive().isEmpty)
        }
    }

    @Test func `a workspace has one data key, which goes with it`() async throws {
        try await StoreFixture.with { fixture in
            let store = DataKeyStore(fixture.database)
            #expect(try await store.find(workspaceID: fixture.workspace.id) == nil)
            try await store.insert(workspaceID: fixture.workspace.id, sealedKey: Data([7, 0, 7]))
            #expect(try await store.find(workspaceID: fixture.workspace.id) == Data([7, 0, 7]))
            await expectCode(.uniqueViolation(constraint: "data_keys_pkey")) {
                try await store.insert(workspaceID: fixture.workspace.id, sealedKey: Data([8]))
            }
            try await WorkspaceStore(fixture.database).delete(id: fixture.workspace.id)
            #expect(try await store.find(workspaceID: fixture.workspace.id) == nil)
        }
    }
}
