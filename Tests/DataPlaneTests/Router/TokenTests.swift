import Foundation
import Identity
import Routing
import Testing

@testable import DataPlane

@Suite struct TokenTests {
    private static func table(
        _ key: SigningKey, mode: Authentication.Mode = .token, replica: String, generation: Int64
    ) throws -> Data {
        let deployment = DeploymentRoute(
            name: "blue", scoringPath: "/score", requestTimeoutMs: 1000, maxConcurrentRequestsPerReplica: 4,
            maxQueueWaitMs: 1000,
            queueLimit: 4, replicas: [ReplicaRoute(id: "r", address: replica)])
        let route = Route(
            endpoint: "fraud", endpointID: "fraud-id", hosts: [], kind: .managed,
            authentication: Authentication(
                mode: mode, keyDigests: [], tokenIssuer: "sluice", tokenAudience: "scoring"),
            traffic: [TrafficShare(deployment: "blue", percent: 100)], deployments: [deployment])
        let keys = [RoutingTable.TokenKey(keyID: key.keyID, publicKeyPEM: key.publicKeyPEM)]
        let header = RoutingTable.Header(generation: generation, routeCount: 1, tokenKeys: keys)
        return try RoutingTable(header: header, routes: [route]).encodedLines()
    }

    @Test func `an endpoint for identities takes principals' tokens, and no endpoint's`() async throws {
        let replica = try StubReplica.echo()
        let key = try SigningKey.generate()
        let principal = try TokenIssuer(key: key).sign(
            TokenClaims(
                issuer: "sluice", audience: "scoring", subject: "somebody", applicationID: "app", issuedAt: Date(),
                expiresAt: Date() + 600))
        let endpointToken = try Self.token(key)
        let fixture = try RouterFixture()
        for (generation, mode, opening, refused) in [
            (Int64(1), Authentication.Mode.identity, principal, endpointToken), (2, .token, endpointToken, principal),
        ] {
            let table = try Self.table(key, mode: mode, replica: replica.route, generation: generation)
            _ = try await fixture.router.tables.apply(table)
            try await onThread {
                let client = try fixture.connect()
                for _ in 0..<2 {
                    #expect(try client.ask(scoring(key: opening)).status == 200)
                    #expect(try client.ask(scoring(key: refused)).status == 401)
                }
            }
        }
        try await fixture.stop()
        replica.kill()
    }

    private static func token(_ key: SigningKey, subject: String = "fraud-id", lifetime: TimeInterval = 600) throws
        -> String
    {
        try TokenIssuer(key: key).sign(
            TokenClaims(
                issuer: "sluice", audience: "scoring", subject: subject, issuedAt: Date(), expiresAt: Date() + lifetime)
        )
    }

    @Test func `a token opens the endpoint it names, until its key is gone`() async throws {
        let replica = try StubReplica.echo()
        let key = try SigningKey.generate()
        let other = try SigningKey.generate()
        let good = try Self.token(key)
        let refused = try [
            Self.token(key, subject: "other-id"), Self.token(key, lifetime: -600), Self.token(other), good + "x",
            "secret",
        ]
        let fixture = try RouterFixture()
        _ = try await fixture.router.tables.apply(Self.table(key, replica: replica.route, generation: 1))
        try await onThread {
            let client = try fixture.connect()
            for _ in 0..<2 {
                #expect(try client.ask(scoring(key: good)).status == 200)
                for token in refused {
                    #expect(try client.ask(scoring(key: token)).status == 401)
                }
            }
        }
        _ = try await fixture.router.tables.apply(Self.table(other, replica: replica.route, generation: 2))
        try await onThread {
            let client = try fixture.connect()
            #expect(try client.ask(scoring(key: good)).status == 401)
        }
        try await fixture.stop()
        replica.kill()
    }
}
