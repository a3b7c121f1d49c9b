import Platform

/// How many requests shall be under way at once, told from those that have ended. A value that knows no clock, so that a
/// thousand copies can be tried out in a second.
///
/// A request that waits for a distance leaves everything idle, and another one beside it does as much again. As soon as
/// something is all in use – our processors, the network, the server – requests wait for each other, and one more moves
/// nothing; it only costs a connection. So there are more only while both of these speak for it:
///
/// - The processors. When so many requests use a third of their time, three times as many would use all of it, and there
///   is nothing to gain beyond.
/// - What came of it the last time. If each request took as long as before, all the new ones have paid; if there were
///   twice as many and each took twice as long, they only stood in line.
///
/// What is obvious is done at once: behind a distance of 30 ms there are 256 after a tenth of a second. What is not has
/// to hold for longer, since a machine that does something else for a moment makes any single measurement wrong. Whoever
/// has found a number looks now and then whether more do better or fewer as well, each time after a longer while.
struct PaceRule {
    private enum Phase {
        case beginning
        /// Stays for so many windows.
        case resting(Int)
        /// There are more, or fewer, than in that window.
        case growing(from: PaceWindow)
        case shrinking(from: PaceWindow)
    }

    /// How much of the processors' time was used, and how much would have been had nothing else run.
    private struct Load {
        var used: Double
        var wanted: Double

        /// Nothing that happens on the machine can then have made requests slow.
        var isLight: Bool { wanted < 1.0 / 3 }
    }

    private(set) var limit: Int
    private let least: Int
    private let ceiling: Int
    private let processors: Double
    private var phase = Phase.beginning
    private var window: PaceWindow
    private var nextLook: Double
    /// Only times of requests count that began later than this, and so had as many beside them as there are now.
    private var since: Double
    private var hadSlack = false
    /// The processors' use when the limit was found.
    private var usual = 1.0
    private var patience = Self.leastPatience
    private var triesFewer = true

    /// There can be so many times as many at once where that is safe, and never more.
    private static let leap = 4.0
    /// Room for so many times as many is made use of at once; for less it is enough to try it out some time; for still less
    /// it is not worth it.
    private static let much = 2.0
    private static let little = 1.25
    /// How much of the share that new requests should have brought is obvious, and how much is enough.
    private static let obvious = 0.75
    private static let enough = 0.5
    /// What differs by less is the same.
    private static let same = 1.1
    /// In seconds: when something obvious can be seen, and when all else can.
    private static let brief = 0.025
    private static let sure = 0.1
    /// In windows.
    private static let leastPatience = 8
    private static let mostPatience = 64
    /// Fewer would only wait for us.
    private static let fewest = 4

    init(first: Int, ceiling: Int, processors: Int, at now: PaceMoment) {
        self.ceiling = max(1, ceiling)
        limit = max(1, min(first, ceiling))
        least = min(limit, Self.fewest)
        self.processors = Double(processors)
        window = PaceWindow(limit: limit, start: now)
        since = now.time
        nextLook = now.time + Self.brief
    }

    /// A request has ended, for so many parts of so many bytes. The first that a place is used for also opens a connection, so that its time says nothing of the
    /// others'. `spent` is asked seldom: that takes a while.
    mutating func note(
        bytes: Int, parts: Int = 1, begun: Double, isFirst: Bool, at time: Double, spent: () -> ProcessorTime
    ) {
        window.countEnded()
        if case .shrinking(let more) = phase, window.ended <= more.limit {
            // Those that were under way have to end before.
            since = time
        } else if begun >= since, !isFirst || isBeginning {
            window.measure(bytes: bytes, seconds: (time - begun) / Double(parts))
        }
        guard time >= nextLook, window.ended >= limit, window.measured >= PaceWindow.telling else { return }
        let now = PaceMoment(time: time, processors: spent())
        nextLook = time + max(Self.brief, time - window.start.time)
        if hadSlack { begin(at: now) } else { look(now) }
    }

    /// Not all places were taken: then nobody can know what more of them would do.
    mutating func noteSlack() { hadSlack = true }

    // MARK: Deciding

    /// All places are new then, and nothing else is to be had.
    private var isBeginning: Bool { if case .beginning = phase { true } else { false } }

    private mutating func look(_ now: PaceMoment) {
        let seconds = now.time - window.start.time
        let (before, after) = (window.start.processors, now.processors)
        let load = Load(
            used: max(0.001, (after.used - before.used) / (seconds * processors)),
            wanted: (after.wanted - before.wanted) / (seconds * processors))
        let isSure = seconds >= Self.sure && window.measured >= limit
        switch phase {
        case .beginning:
            if room(load) >= Self.much {
                grow(load, now, atMost: load.isLight ? Self.leap : Self.much)
            } else if isSure {
                settle(on: limit, load, now)
            }
        case .resting(let windows): rest(windows, load, isSure, now)
        case .growing(let fewer):
            judgeGrowth(from: fewer, load, isClear: fewer.wasLight || seconds >= Self.sure, isSure: isSure, now)
        case .shrinking(let more): if isSure { judgeShrinking(from: more, load, now) }
        }
    }

    private mutating func rest(_ windows: Int, _ load: Load, _ isSure: Bool, _ now: PaceMoment) {
        guard isSure else { return }
        // What kept the processors busy may have gone.
        let isOther = load.used < usual / 2 && room(load) >= Self.much
        guard windows == 0 || isOther else {
            phase = .resting(windows - 1)
            return begin(at: now)
        }
        if isOther || !triesFewer && room(load) >= Self.little {
            grow(load, now, atMost: Self.much)
        } else if limit > least {
            shrink(now)
        } else {
            settle(on: limit, load, now)
        }
    }

    private mutating func judgeGrowth(
        from fewer: PaceWindow, _ load: Load, isClear: Bool, isSure: Bool, _ now: PaceMoment
    ) {
        guard let gain = window.gain(over: fewer) else {
            // Objects of other sizes than before: then those of now are what the next are compared with.
            if isSure { set(limit, .resting(0), now) }
            return
        }
        let worth = (gain - 1) / (Double(limit) / Double(fewer.limit) - 1)
        // What loads the machine now, as opening connections does, only makes the gain look smaller than it is.
        let isObvious = isClear && worth >= Self.obvious
        if isObvious || isSure && worth >= Self.enough {
            patience = Self.leastPatience
            if room(load) >= Self.much {
                grow(load, now, atMost: isObvious && fewer.wasLight || load.isLight ? Self.leap : Self.much)
            } else {
                settle(on: limit, load, now)
            }
        } else if isSure {
            // As many as would have done the same had each taken as long as before.
            let needed = gain < Self.same ? fewer.limit : Int(Double(fewer.limit) * gain)
            settle(on: min(limit, needed), load, now)
        }
    }

    private mutating func judgeShrinking(from more: PaceWindow, _ load: Load, _ now: PaceMoment) {
        guard let gain = window.gain(over: more), gain * Self.same >= 1 else {
            return settle(on: more.limit, load, now)
        }
        patience = Self.leastPatience
        if limit > least { shrink(now) } else { settle(on: limit, load, now) }
    }

    /// How many times as many requests there could be.
    private func room(_ load: Load) -> Double {
        min(1 / load.used, Double(ceiling) / Double(limit))
    }

    // MARK: Changing

    private mutating func grow(_ load: Load, _ now: PaceMoment, atMost most: Double) {
        let times = min(most, room(load))
        window.wasLight = load.isLight
        set(max(limit + 1, Int(Double(limit) * times)), .growing(from: window), now)
    }

    private mutating func shrink(_ now: PaceMoment) {
        set(max(least, limit / 2), .shrinking(from: window), now)
    }

    private mutating func settle(on limit: Int, _ load: Load, _ now: PaceMoment) {
        usual = load.used
        triesFewer.toggle()
        set(limit, .resting(patience), now)
        patience = min(Self.mostPatience, patience * 2)
    }

    private mutating func set(_ limit: Int, _ phase: Phase, _ now: PaceMoment) {
        if limit != self.limit { since = now.time }
        self.limit = limit
        self.phase = phase
        begin(at: now)
    }

    private mutating func begin(at now: PaceMoment) {
        window = PaceWindow(limit: limit, start: now)
        nextLook = now.time + Self.brief
        hadSlack = false
    }
}
