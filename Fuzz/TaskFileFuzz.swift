import JSON
import Platform
import TaskFile

/// libFuzzer's entry point: any bytes are a task file, which must be read without a crash, in bounded time and memory.
/// `script/fuzz` builds and runs it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTaskFile(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    var context = TaskContext(environment: Environment(["TOKEN": "t", "REGION": "eu"]), home: "/home/user")
    context.operatorProviders = .init(name: "providers.yaml", bytes: bytes)
    let file = TaskFile.read(bytes, file: "task.yaml", context: context)
    // What is reported must be printable and lie within the file.
    let lines = bytes.count { $0 == 0x0A || $0 == 0x0D || $0 == 0x85 || $0 == 0xA8 || $0 == 0xA9 } + 1
    for diagnostic in file.diagnostics {
        precondition(!diagnostic.text.isEmpty && diagnostic.json.compact.utf8.count > 2)
        if let position = diagnostic.position {
            precondition(position.line >= 1 && position.column >= 1, "before the file: \(position)")
            precondition(position.line <= lines, "behind the file: \(position)")
        }
    }
    return 0
}
