import Testing

@testable import DataPlane

@Suite struct SmoothWeightedTests {
    private func picks(_ weights: [Int], count: Int) -> [Int?] {
        var running = Array(repeating: 0, count: weights.count)
        return (0..<count).map { _ in
            SmoothWeighted.pick(
                count: weights.count, weight: { weights[$0] }, running: { running[$0] },
                setRunning: { running[$0] = $1 })
        }
    }

    @Test(arguments: [[90, 10], [50, 50], [1, 99], [33, 33, 34], [100], [0, 100], [70, 20, 10]])
    func `over a hundred picks every choice comes up as often as its weight`(weights: [Int]) {
        let picked = picks(weights, count: 300)
        for (index, weight) in weights.enumerated() {
            #expect(picked.count { $0 == index } == weight * 3)
        }
    }

    @Test func `a small share is spread and not served in a row`() {
        let picked = picks([90, 10], count: 100)
        let places = picked.indices.filter { picked[$0] == 1 }
        #expect(zip(places, places.dropFirst()).allSatisfy { $1 - $0 == 10 })
    }

    @Test func `without a positive weight nothing is picked`() {
        #expect(picks([0, 0], count: 1) == [nil])
        #expect(picks([], count: 1) == [nil])
    }
}

@Suite struct LeastLoadedTests {
    @Test(
        arguments: [
            ([3, 1, 2], 4, 1), ([4, 4], 4, nil), ([], 1, nil), ([0, 0, 0], 1, 0), ([5, 4], 5, 1),
        ] as [([Int], Int, Int?)])
    func `the least loaded replica with a free slot is picked`(busy: [Int], limit: Int, expected: Int?) {
        let choice = LeastLoaded.pick(count: busy.count, limit: limit, start: 0) { ReplicaLoad(busy: busy[$0]) }
        #expect(choice == expected)
    }

    @Test func `equals take turns`() {
        let choices = (0..<3).map { start in
            LeastLoaded.pick(count: 3, limit: 1, start: start) { _ in ReplicaLoad(busy: 0) }
        }
        #expect(choices == [0, 1, 2])
    }

    @Test func `a replica is avoided for longer with every failure in a row, and trusted again when it answers`() {
        let replica = LoopReplica()
        let now = MonotonicTime(microseconds: 1_000_000)
        func avoidedMs() -> Int64 { max(0, replica.avoidedUntil.milliseconds - now.milliseconds) }
        let unreachable = (0..<9).map { _ in
            replica.failed(now, isReachable: false, avoidMs: 500)
            return avoidedMs()
        }
        #expect(unreachable == [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
        replica.answered()
        #expect(avoidedMs() == 0)
        let broken = (0..<4).map { _ in
            replica.failed(now, isReachable: true, avoidMs: 500)
            return avoidedMs()
        }
        #expect(broken == [0, 0, 500, 1_000])
    }

    @Test func `one to be avoided is picked only when no other is free, an excluded one never`() {
        let loads = [
            ReplicaLoad(busy: 0, isAvoided: true), ReplicaLoad(busy: 3), ReplicaLoad(busy: 0, isExcluded: true),
        ]
        #expect(LeastLoaded.pick(count: 3, limit: 4, start: 0) { loads[$0] } == 1)
        #expect(LeastLoaded.pick(count: 3, limit: 3, start: 0) { loads[$0] } == 0)
    }
}

@Suite struct RequestTargetTests {
    @Test(
        arguments: [
            ("/api/v1/endpoint/Fraud/score", "Fraud", true, ""),
            ("/api/v1/endpoint/fraud/score?a=1", "fraud", true, "?a=1"),
            ("/api/v1/endpoint/fraud/v2/health?x", "fraud", false, "/v2/health?x"),
            ("/api/v1/endpoint/fraud/scores", "fraud", false, "/scores"),
            ("/api/v1/endpoint/fraud", "fraud", false, ""),
            ("/api/v1/endpoint/fraud?score", "fraud", false, "?score"),
            ("/api/v1/endpoint/fr%61ud/score", "fr%61ud", true, ""),
            ("/score", nil, true, ""),
            ("/score?x", nil, true, "?x"),
            ("/swagger.json", nil, false, "/swagger.json"),
            ("http://host/score?x", nil, true, "?x"),
            ("http://host/api/v1/endpoint/a/b", "a", false, "/b"),
            ("/api/v1/endpoint/", nil, false, "/api/v1/endpoint/"),
        ] as [(String, String?, Bool, String)])
    func `a target says endpoint, scoring and the rest`(
        target: String, endpoint: String?, isScoring: Bool, rest: String
    ) throws {
        try withBytes(target) { bytes in
            Result {
                let parsed = try #require(RequestTarget(bytes))
                if case .endpoint(let name) = parsed.destination {
                    #expect(text(bytes.run(name)) == endpoint)
                } else {
                    #expect(endpoint == nil)
                }
                #expect(parsed.isScoring == isScoring)
                #expect(text(bytes.run(parsed.rest)) == rest)
            }
        }.get()
    }

    @Test(arguments: ["*", "host:80", "http://host", "ftp://host/x"])
    func `other forms are refused`(target: String) {
        #expect(withBytes(target) { RequestTarget($0) } == nil)
    }

    @Test(arguments: [("a.example", "a.example"), ("a.example:8080", "a.example"), ("[::1]:80", "[::1]"), ("", "")])
    func `a host is taken without its port`(value: String, name: String) {
        #expect(withBytes(value) { text(RequestTarget.hostName($0)) } == name)
    }
}

@Suite struct NameIndexTests {
    @Test func `names are found without regard to case and only whole`() {
        var index = NameIndex(capacity: 1000, seed: 7)
        let inserted = (0..<1000).count { index.insert("Endpoint-\($0)", value: $0) }
        let again = index.insert("endpoint-5", value: 1)
        #expect(inserted == 1000)
        #expect(!again)
        for number in 0..<1000 { #expect(withBytes("ENDPOINT-\(number)") { index.find($0) } == number) }
        #expect(withBytes("endpoint-1000") { index.find($0) } == nil)
        #expect(withBytes("") { index.find($0) } == nil)
    }
}
