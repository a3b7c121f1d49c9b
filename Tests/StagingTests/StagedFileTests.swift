import Platform
import Staging
import TestSupport
import Testing

@Suite struct StagedFileTests {
    /// Whatever is done in whatever order: programs read what they wrote, a sealed version stays what it was, parts that
    /// count are right, and a session that comes after a crash knows the same. The seed says how to see it again.
    @Test(arguments: 0..<150) func staysWhatItShouldBe(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let size = [0, 40, 200].randomElement(using: &generator)!
        let model = try ModelFile(object: Self.bytes(size, &generator))
        for step in 0..<80 {
            try Self.change(model, &generator, mayNest: true)
            let state = model.file.state
            try #require(state.image.size == model.bytes.count, "seed \(seed), step \(step)")
            try #require(try model.content() == model.bytes, "seed \(seed), step \(step)")
            try #require(try model.sealedContent() == model.sealed, "seed \(seed), step \(step)")
            for (number, part) in state.upload?.parts ?? [:] {
                try #require(model.sent[number] == Array(model.bytes[part.range]), "seed \(seed), step \(step)")
            }
            for (number, part) in state.sealed?.parts ?? [:] {
                try #require(model.sent[number] == Array(model.sealed![part.range]), "seed \(seed), step \(step)")
            }
            if !state.isTorn { try #require(model.bytes == model.sealed ?? model.object, "seed \(seed), step \(step)") }
        }
    }

    private static func change(_ model: ModelFile, _ generator: inout SeededGenerator, mayNest: Bool) throws {
        switch Int.random(in: 0..<20, using: &generator) {
        case 0...5:
            // In order more often than not.
            let end = model.bytes.count
            let offset = Bool.random(using: &generator) ? end : Int.random(in: 0...end + 10, using: &generator)
            try model.write(bytes(Int.random(in: 1..<40, using: &generator), &generator), at: offset)
        case 6: try model.clear(range(model.bytes.count, &generator))
        case 7...8: try model.resize(to: Int.random(in: 0...model.bytes.count + 30, using: &generator))
        case 9...10: try model.seal()
        case 11: try Bool.random(using: &generator) ? model.settle() : model.settleLate()
        case 12: #expect(try model.reopen())
        case 14: try model.letGo()
        case 13 where !model.needsUpload:
            try model.file.endUpload()
            if Bool.random(using: &generator) { try model.beginUpload() }
        default:
            guard mayNest else { return }
            let sent = range(model.sealed?.count ?? model.bytes.count, &generator)
            guard !sent.isEmpty else { return }
            let number = Int.random(in: 1...5, using: &generator)
            let inMemory = Bool.random(using: &generator)
            var inner = generator
            try model.send(number, sent, inMemory: inMemory) {
                if Bool.random(using: &inner) { try change(model, &inner, mayNest: false) }
            }
            generator = inner
        }
    }

    private static func bytes(_ count: Int, _ generator: inout SeededGenerator) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 1...255, using: &generator) }
    }

    private static func range(_ size: Int, _ generator: inout SeededGenerator) -> Range<Int> {
        let start = Int.random(in: 0...size, using: &generator)
        return start..<Int.random(in: start...size, using: &generator)
    }
}
