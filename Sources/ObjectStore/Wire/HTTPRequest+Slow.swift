import HTTP

extension HTTPRequest {
    /// A request that makes the server copy or put together what may be large: it says nothing until that is done, or says
    /// 200 and then what came of it.
    var slow: HTTPRequest {
        var request = self
        request.answerMilliseconds = 600_000
        request.answerMayTrickle = true
        request.accept = { _ in .keep }
        return request
    }
}
