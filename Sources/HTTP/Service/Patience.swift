/// What requests are for. It decides how long one waits for a host at which nobody answers.
public enum Patience: Sendable {
    /// To learn, before anything moves, what is there: somebody wants to know soon that a name is wrong or a host is down.
    case asking
    /// To move what may have been on its way for hours: an outage is waited out.
    case moving

    /// Of the requests that a task and its child tasks send.
    @TaskLocal public static var current = Patience.moving
}
