import Synchronization

/// What a closure on another thread sets, and a test looks at.
public final class SharedValue<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    public init(_ value: Value) { self.value = Mutex(value) }

    public func set(_ new: Value) { value.withLock { $0 = new } }
    public func get() -> Value { value.withLock { $0 } }
}
