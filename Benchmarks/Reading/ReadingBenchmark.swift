import Glibc
import HTTP
import MountFS
import ObjectStore
import Platform
import Signing
import Synchronization

/// Reads the objects of a stopwatch as a mount does, without the kernel in between:
///
///     reading-benchmark PORT PREFIX sequential|random|small [--budget MIB] [--window MIB] [--read KIB] [--count N] [--readers N]
///
/// Each reader asks for one read after another and copies what is answered, as an answer to the kernel would. Prints speed, CPU
/// seconds for each GiB, requests, what came beyond what was asked for, and memory.
@main
struct ReadingBenchmark {
    enum Workload: String {
        case sequential, random, small
    }

    var port = 0
    var prefix = ObjectKey("")
    var workload = Workload.sequential
    var budget = 256
    var window = 0
    var read = 1024
    var count = 1000
    var readers = 1

    // On the main thread, which may wait.
    @MainActor static func main() async throws {
        guard let benchmark = Self(CommandLine.arguments.dropFirst()) else {
            print(
                "reading-benchmark PORT PREFIX sequential|random|small [--budget MIB] [--window MIB] [--read KIB] [--count N] [--readers N]"
            )
            exit(64)
        }
        try await benchmark.run()
    }

    private init?(_ words: ArraySlice<String>) {
        let words = Array(words)
        guard words.count >= 3, words.count % 2 == 1, let port = Int(words[0]),
            let workload = Workload(rawValue: words[2])
        else { return nil }
        (self.port, prefix, self.workload) = (port, ObjectKey(words[1]), workload)
        for index in stride(from: 3, to: words.count, by: 2) {
            guard let number = Int(words[index + 1]), number > 0 else { return nil }
            switch words[index] {
            case "--budget": budget = number
            case "--window": window = number
            case "--read": read = number
            case "--count": count = number
            case "--readers": readers = number
            default: return nil
            }
        }
    }

    @MainActor private func run() async throws {
        let meter = HTTPMeter()
        let site = S3Site(.endpoint(S3Endpoint(isSecure: false, host: "127.0.0.1", port: port)), bucket: "bench")
        let credentials = AWSCredentials(accessKeyID: "bench", secretAccessKey: "bench")
        let store = S3Store(
            site, credentials: FixedCredentials(credentials), client: HTTPClient(), meter: meter)
        let files = try await list(store)
        let memory = MemoryBudget(budget << 20)
        var settings = ReadingSettings()
        if window > 0 { settings.largestWindow = window << 20 }
        let reading = ObjectReading(store: store, memory: memory, settings: settings, neighbours: Listed(files))
        let before = Cost()
        let (requests, received) = (meter.requests, meter.received)
        let asked: Int
        switch workload {
        case .sequential: asked = readSideBySide(files, reading)
        case .small: asked = files.prefix(count).reduce(0) { $0 + readInOrder(reading.open($1)) }
        case .random: asked = readAtRandom(reading.open(files[0]))
        }
        let cost = Cost() - before
        reading.close()
        // Requests are counted when they have ended.
        while memory.used > 0 { Threads.sleep(milliseconds: 1) }
        report(cost, asked, meter.requests - requests, meter.received - received, memory)
    }

    private func list(_ store: S3Store) async throws -> [FileVersion] {
        var files: [FileVersion] = []
        var request = ListRequest(prefix: prefix)
        while true {
            let page = try await store.list(request)
            files += page.objects.map { FileVersion(key: $0.key, size: $0.size, version: $0.version) }
            guard let next = page.next else { return files }
            request.continuation = next
        }
    }

    // MARK: Workloads

    private func readSideBySide(_ files: [FileVersion], _ reading: ObjectReading) -> Int {
        let next = Atomic(0)
        let sum = Atomic(0)
        Threads.run(readers) {
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < files.count else { break }
                sum.add(readInOrder(reading.open(files[index])), ordering: .relaxed)
            }
        }
        return sum.load(ordering: .relaxed)
    }

    private func readInOrder(_ object: OpenObject) -> Int {
        let reader = BlockingReader(read << 10)
        var offset = 0
        while offset < object.file.size { offset += reader.read(object, at: offset) }
        object.close()
        return offset
    }

    private func readAtRandom(_ object: OpenObject) -> Int {
        let reader = BlockingReader(read << 10)
        let places = object.file.size / reader.size
        // Not the beginning, which is taken for the start of more.
        return (0..<count).reduce(0) { sum, _ in
            sum + reader.read(object, at: Int.random(in: 1..<places) * reader.size)
        }
    }

    // MARK: What came of it

    private func report(_ cost: Cost, _ asked: Int, _ requests: Int, _ received: Int, _ memory: MemoryBudget) {
        let gibibytes = Double(asked) / Double(1 << 30)
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        print(
            "\(workload.rawValue):", rounded(Double(asked) / cost.seconds / 1e9), "GB/s,",
            rounded(cost.cpu / gibibytes), "CPU s/GiB,", rounded(cost.seconds), "s,", requests, "requests,",
            received - asked, "bytes too many, budget peak", memory.peak >> 20, "of", memory.total >> 20,
            "MiB, resident",
            usage.ru_maxrss >> 10, "MiB")
    }

    private func rounded(_ number: Double) -> Double { (number * 1000).rounded() / 1000 }
}

/// Wall time and that of the processors.
private struct Cost {
    var seconds: Double
    var cpu: Double

    init() {
        seconds = Self.now(CLOCK_MONOTONIC)
        cpu = Self.now(CLOCK_PROCESS_CPUTIME_ID)
    }

    static func - (after: Cost, before: Cost) -> Cost {
        var difference = after
        difference.seconds -= before.seconds
        difference.cpu -= before.cpu
        return difference
    }

    private static func now(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// A listing as the folder that it is of.
private final class Listed: Neighbours {
    private let files: [FileVersion]

    init(_ files: [FileVersion]) {
        self.files = files
    }

    func files(after file: ObjectKey, count: Int) -> [FileVersion] {
        var low = 0
        var high = files.count
        while low < high {
            let middle = (low + high) / 2
            if files[middle].key <= file { low = middle + 1 } else { high = middle }
        }
        return Array(files[low...].prefix(count))
    }
}

/// A program that waits for each read; unchecked, since its memory is written only while it waits.
private final class BlockingReader: PendingRequest, @unchecked Sendable {
    let size: Int
    private let memory: UnsafeMutableRawBufferPointer
    private let answered = Semaphore()
    private let outcome = Mutex<Result<Int, SystemError>>(.success(0))

    init(_ size: Int) {
        self.size = size
        memory = .allocate(byteCount: size, alignment: 4096)
    }

    deinit { memory.deallocate() }

    func read(_ object: OpenObject, at offset: Int) -> Int {
        object.read(size, at: offset, Reply(to: self) { self.take($0) })
        answered.wait()
        switch outcome.withLock({ $0 }) {
        case .success(let count): return count
        case .failure(let error): fatalError("cannot read \(object.file.key.shown): \(error.description)")
        }
    }

    private func take(_ bytes: FileBytes) -> Bool {
        var count = 0
        func add(_ piece: UnsafeRawBufferPointer) {
            UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: piece)
            count += piece.count
        }
        switch bytes {
        case .none: break
        case .one(let piece): add(piece)
        case .pieces(let pieces): for piece in pieces { add(piece) }
        }
        return settle(.success(count))
    }

    func fail(_ error: SystemError) -> Bool { settle(.failure(error)) }

    private func settle(_ result: Result<Int, SystemError>) -> Bool {
        outcome.withLock { $0 = result }
        answered.signal()
        return true
    }

    func whenAbandoned(_ handler: @escaping @Sendable () -> Void) {}
}
