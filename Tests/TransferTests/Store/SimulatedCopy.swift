import Glibc
import Platform
import TestSupport

@testable import Transfer

/// A copy without bytes and without a clock: requests wait for a distance, and then share server, network and processors
/// with all others that have come as far.
struct SimulatedCopy {
    /// What requests wait for.
    struct World {
        /// Seconds before anything comes, and how much of that is chance. A new connection takes as long once more.
        var distance = 0.0
        var chance = 0.0
        /// Bytes a second over one connection, and over all together.
        var connection = 2e9
        var network = Double.infinity
        /// Requests a second that the server answers.
        var server = Double.infinity
        /// Seconds of a processor.
        var perRequest = 80e-6
        var perByte = 0.6e-9
        var processors = 2
        /// How much of the processors something else takes.
        var others = 0.0
    }

    private struct Request {
        var size: Int
        var begun: Double
        var isFirst: Bool
        /// When it comes to be served, and how much of that is left.
        var served: Double
        var left = 1.0
        var speed = 0.0
    }

    var world: World
    private(set) var rule: PaceRule
    private(set) var time = 0.0
    /// Objects, bytes, and the most at once.
    private(set) var done = 0
    private(set) var bytes = 0
    private(set) var connections = 0
    /// What the limit has been in the last run, and how often it has changed in all.
    private(set) var limits = 0...0
    private(set) var changes = 0
    private var spent = ProcessorTime(used: 0, wanted: 0)
    private var requests: [Request] = []
    private var begun = 0
    private var random: SeededGenerator
    private let size: (_ number: Int) -> Int

    init(_ world: World, first: Int = 16, ceiling: Int = 256, seed: UInt64 = 1, size: @escaping (Int) -> Int) {
        self.world = world
        self.size = size
        random = SeededGenerator(seed: seed)
        rule = PaceRule(
            first: first, ceiling: ceiling, processors: world.processors,
            at: PaceMoment(time: 0, processors: spent))
    }

    /// Goes on for so many seconds, in which there is always one more to fetch.
    mutating func run(seconds: Double) {
        let end = time + seconds
        limits = rule.limit...rule.limit
        while time < end {
            while requests.count < rule.limit { begin(isFirst: true) }
            advance()
            for index in requests.indices.reversed() where requests[index].left < 1e-9 {
                let request = requests.remove(at: index)
                note(request)
                if requests.count < rule.limit { begin(isFirst: false) }
            }
        }
    }

    private mutating func begin(isFirst: Bool) {
        let isNew = isFirst && requests.count >= connections
        if isNew { connections += 1 }
        // Mostly about the same, and some much later.
        let late = pow(Double.random(in: 0...1, using: &random), -0.3) - 1
        let early = Double.random(in: 0...0.5, using: &random)
        let wait = world.distance * (1 + world.chance * (late - early)) * (isNew ? 2 : 1)
        requests.append(Request(size: size(begun), begun: time, isFirst: isFirst, served: time + wait))
        begun += 1
    }

    private mutating func note(_ request: Request) {
        done += 1
        bytes += request.size
        let limit = rule.limit
        rule.note(
            bytes: request.size, begun: request.begun, isFirst: request.isFirst, at: time, spent: { [spent] in spent })
        limits = min(limits.lowerBound, rule.limit)...max(limits.upperBound, rule.limit)
        if rule.limit != limit { changes += 1 }
    }

    /// To the next moment at which a request comes to be served or has ended.
    private mutating func advance() {
        var count = 0
        for request in requests where request.served <= time { count += 1 }
        var step = Double.infinity
        for index in requests.indices {
            let isServed = requests[index].served <= time
            requests[index].speed = isServed ? 1 / seconds(requests[index], besides: Double(count)) : 0
            step = min(
                step, isServed ? requests[index].left / requests[index].speed : requests[index].served - time)
        }
        time += step
        for index in requests.indices {
            let share = requests[index].speed * step
            requests[index].left -= share
            spent.used += processors(requests[index].size) * share
        }
        spent.wanted = spent.used / (1 - world.others)
    }

    /// How long a request is served when so many are at once.
    private func seconds(_ request: Request, besides count: Double) -> Double {
        let size = Double(request.size)
        let work = processors(request.size)
        let processors = Double(world.processors) * (1 - world.others)
        return max(
            max(size / world.connection, size * count / world.network),
            max(count / world.server, max(work, work * count / processors)))
    }

    private func processors(_ size: Int) -> Double { world.perRequest + world.perByte * Double(size) }
}
