/// Sends requests. Bytes go between connections and sinks on event-loop threads; only the outcome comes back here.
public final class HTTPClient: Sendable {
    public let settings: HTTPSettings
    private let engine: Engine
    private let budget: RetryBudget
    private let timing: RetryTiming
    private let silentHosts = SilentHosts()

    public init(_ settings: HTTPSettings = HTTPSettings(), timing: RetryTiming = .real) {
        self.settings = settings
        self.timing = timing
        engine = Engine(settings)
        budget = RetryBudget(settings.budget, now: timing.milliseconds())
    }

    /// The answer, after as many attempts as the policy allows. When this returns or throws, also by cancellation of the task,
    /// nothing touches the request's sink or body any more.
    public func send(
        _ request: HTTPRequest, to service: some HTTPService, retrying policy: RetryPolicy? = nil
    ) async throws(HTTPError) -> HTTPResponse {
        var resent = 0
        var retries = Retries(request, policy ?? settings.retries, timing, budget)
        let isAsking = Patience.current == .asking
        while true {
            let prepared = try await service.prepare(request, attempt: retries.attempts + 1)
            let host = prepared.address.hostKey
            if isAsking, let error = silentHosts.verdict(on: host, at: timing.milliseconds()) { throw error }
            retries.begin()
            let attempt = await engine.perform(prepared)
            resent += attempt.resent
            let wait: Int?
            var outcome = attempt.result
            switch attempt.result {
            case .success(var response):
                response.attempts = retries.attempts + resent
                outcome = .success(response)
                if isAsking { silentHosts.noteAnswer(of: host) }
                if attempt.wasAccepted && response.isSuccess {
                    budget.noteSuccess()
                    request.meter?.noteSuccess()
                    return response
                }
                wait = retries.wait(after: response, await service.judge(response, to: prepared))
                // To say no is an answer of a healthy service as well.
                if wait == nil && response.status < 500 && response.status != 429 { budget.noteSuccess() }
            case .failure(var error):
                error.attempts = retries.attempts
                outcome = .failure(error)
                let isStranger = isAsking && !silentHosts.haveAnswered(host)
                wait = retries.wait(after: error, nothingSent: attempt.nothingSent, isStranger: isStranger)
                if isStranger, wait == nil, error.isAbsence {
                    silentHosts.noteSilence(of: host, error, at: timing.milliseconds())
                }
            }
            guard let wait else { return try outcome.get() }
            if retries.attempts >= Self.mentioned { request.meter?.note(trouble: outcome.trouble) }
            if wait > 0 { await timing.wait(wait) }
            guard !Task.isCancelled else {
                throw HTTPError(.cancelled, "the request was cancelled", attempts: retries.attempts)
            }
        }
    }

    /// What is over with the second or third attempt is nobody's trouble.
    private static let mentioned = 3

    /// Takes one from what may be made again at once, for a request beside one that is under way; false when none is left.
    public func mayRepeat(_ meter: HTTPMeter? = nil) -> Bool {
        guard budget.take(now: timing.milliseconds(), waitingAtMost: 0) != nil else { return false }
        meter?.countRepetition()
        return true
    }

    /// Ends what is under way, with `cancelled`, and the threads. So does letting go of the client.
    public func close() {
        engine.close()
    }
}

extension Result<HTTPResponse, HTTPError> {
    /// In a few words.
    fileprivate var trouble: String {
        switch self {
        case .success(let response): "the server answers with status \(response.status)"
        case .failure(let error): error.message
        }
    }
}
