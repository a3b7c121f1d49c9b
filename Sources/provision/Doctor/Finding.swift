import JSON

/// One thing that was looked at.
struct Finding {
    enum State: String {
        case good, plain, bad
    }

    let topic: String
    let state: State
    let text: String

    init(_ topic: String, _ state: State, _ text: String) {
        self.topic = topic
        self.state = state
        self.text = text
    }

    var json: JSONValue {
        ["topic": .string(topic), "state": .string(state == .plain ? "fact" : state.rawValue), "text": .string(text)]
    }
}
