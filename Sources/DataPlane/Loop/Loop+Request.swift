/// From a whole request head to a request that asks for a replica.
extension Loop {
    /// Starts the facts of a new request on a connection.
    func beginFacts(_ client: Int32) {
        clients[client].request = RequestFacts()
        clients[client].request.startedAt = now
        clients[client].request.id = RequestID(from: &random)
        clients[client].requestBody = BodyDecoder(.none)
        clients[client].deployment = nil
        clients[client].allowedOrigin = nil
    }

    /// Takes the head that was scanned, of `headLength` bytes, off the input, and routes the request or answers it.
    ///
    /// The order of the checks is part of the contract: a caller learns nothing about an endpoint's deployments
    /// before its key was accepted.
    func startRequest(_ client: Int32, headLength: Int) {
        beginFacts(client)
        let bytes = clients[client].input.readable
        takeFacts(client, bytes)
        let verdict = route(client, bytes)
        switch verdict {
        case .refuse(let own):
            clients[client].input.consumeAndReset(headLength)
            answer(client, own)
        case .allow:
            clients[client].input.consumeAndReset(headLength)
            answerPreflight(client)
        case .forward(let target, let isMirrored):
            guard let deployment = clients[client].deployment else { return }
            clients[client].forwarded.borrow(from: pool)
            ForwardedHead.write(
                requestHead, bytes, to: &clients[client].forwarded, target: target, scoringPath: deployment.scoringPath,
                request: clients[client].request, peer: clients[client].peerAddress)
            if isMirrored, let route = findRoute(target, bytes) {
                beginMirrors(client, of: route, beside: deployment, target: target, bytes)
            }
            clients[client].input.consumeAndReset(headLength)
            guard takeBody(client) else { return }
            beginBody(client, deployment)
        }
    }

    private enum Verdict {
        case refuse(OwnAnswer)
        /// A browser asks whether a page may ask.
        case allow
        /// To the deployment in the client's record; mirrored, if the route has mirrors and the caller did not choose
        /// the deployment.
        case forward(RequestTarget, isMirrored: Bool)
    }

    private func takeFacts(_ client: Int32, _ bytes: Bytes) {
        clients[client].request.isOldClient = requestHead.minorVersion == 0
        clients[client].request.isHEAD = requestHead.isHEAD
        clients[client].request.isIdempotent = requestHead.isIdempotent
        clients[client].request.keepsAlive = requestHead.keepsAlive
        clients[client].request.isChunked = requestHead.headers.isChunked
        clients[client].request.expectsContinue = requestHead.expectsContinue(bytes)
        clients[client].request.wantsWebSocket = requestHead.wantsWebSocket(bytes)
        if let value = requestHead.headers.value(of: .clientRequestID) {
            clients[client].request.clientID = ForwardedHead.clientID(bytes.run(value))
        }
        clients[client].requestBody = BodyDecoder(requestHead.bodyFraming)
    }

    private func route(_ client: Int32, _ bytes: Bytes) -> Verdict {
        if let length = requestHead.headers.contentLength, length > settings.maxBodySize {
            return .refuse(.bodyTooLarge)
        }
        guard let target = RequestTarget(bytes.run(requestHead.target)) else { return .refuse(.malformed) }
        guard table.generation > 0 else { return .refuse(.noTable) }
        guard let route = findRoute(target, bytes) else { return .refuse(.unknownEndpoint) }
        if let origins = route.allowedOrigins, let origin = requestHead.headers.value(of: .origin) {
            clients[client].allowedOrigin = origins.told(bytes.run(origin))
            let isPreflight =
                bytes.run(requestHead.method).equals("OPTIONS")
                && requestHead.headers.value(of: .preflightMethod) != nil
            // Browsers send no credential with this question.
            if isPreflight, clients[client].allowedOrigin != nil { return .allow }
        }
        guard isAdmitted(client, to: route, bytes) else { return .refuse(.unauthorized) }
        clients[client].request.isScoring = target.isScoring
        if let name = requestHead.headers.value(of: .deployment) {
            guard let deployment = route.deployment(named: bytes.run(name)) else { return .refuse(.unknownDeployment) }
            guard isServed(target, by: deployment, bytes) else { return .refuse(.unknownPath) }
            clients[client].deployment = deployment
            return .forward(target, isMirrored: false)
        }
        guard let deployment = route.pickDeployment(loop: index) else { return .refuse(.noTraffic) }
        guard isServed(target, by: deployment, bytes) else { return .refuse(.unknownPath) }
        clients[client].deployment = deployment
        return .forward(target, isMirrored: !route.mirrors.isEmpty)
    }

    private func isServed(_ target: RequestTarget, by deployment: CompiledDeployment, _ bytes: Bytes) -> Bool {
        target.isScoring || deployment.serves(bytes.run(requestHead.target).run(target.rest))
    }

    private func findRoute(_ target: RequestTarget, _ bytes: Bytes) -> CompiledRoute? {
        switch target.destination {
        case .endpoint(let name): return table.route(endpoint: bytes.run(requestHead.target).run(name))
        case .host:
            let authority = target.authority.map { bytes.run(requestHead.target).run($0) }
            guard let host = authority ?? requestHead.headers.value(of: .host).map({ bytes.run($0) }) else {
                return nil
            }
            return table.route(host: RequestTarget.hostName(host))
        }
    }

    private func isAdmitted(_ client: Int32, to route: CompiledRoute, _ bytes: Bytes) -> Bool {
        guard let value = requestHead.headers.value(of: .authorization),
            let credential = Bearer.credential(in: bytes.run(value))
        else { return false }
        guard let keys = route.keys else { return tokens.admits(credential, to: route.tokenDemand, now: now) }
        if clients[client].rememberedKey.holds(credential, for: keys) { return true }
        guard keys.admits(credential) else { return false }
        clients[client].rememberedKey.remember(credential, for: keys)
        return true
    }
}
