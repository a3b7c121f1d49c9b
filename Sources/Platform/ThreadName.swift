import CShims

/// What `ps` and debuggers call a thread.
enum ThreadName {
    /// Of the calling thread; up to 15 bytes.
    static func set(_ name: StaticString) {
        shim_name_thread(UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self))
    }
}
