import JSON

/// One thing that was looked at.
struct Finding {
    enum State: String {
        case good, plain, bad
    }

    let topic: String
    let state: State
    let text: String
    /// What would make it good.
    var mends: Mends?

    init(_ topic: String, _ state: State, _ text: String) {
        self.topic = topic
        self.state = state
        self.text = text
    }

    var json: JSONValue {
        let members: [JSONValue.Member] = [
            .init("topic", .string(topic)), .init("state", .string(state == .plain ? "fact" : state.rawValue)),
            .init("text", .string(text)),
        ]
        return .object(members + (mends?.all ?? []).map { .init($0.platform, .string($0.mend)) })
    }
}
