import Foundation
import Glibc
import TestSupport
import Testing

extension WritingTasks {
    /// Processes are killed where it hurts most: before the store has heard of a step, and when it has done it and they have
    /// not heard of that.
    @Suite(.onSeaweedFS, .onCeph, .onGoogle, .onAzure) struct MountKillPointTests {
        enum Step: String, CaseIterable, Sendable {
            case put, begin, part, complete
            /// Of a rename.
            case copy, delete
            /// In one step.
            case move
            /// Of the last of Google's parts, when the object is there that was made of them.
            case clearing

            static let uploading: [Step] = [.put, .begin, .part, .complete]
            static let renaming: [Step] = [.copy, .delete]

            func isMeant(by request: ReceivedRequest) -> Bool {
                switch self {
                case .put: request.isWholeObject && request.key == "f"
                case .begin: request.isBeginning
                case .part: request.partNumber == 2
                case .complete: request.isCompletion
                case .copy: request.copyTarget == "g" || request.copyTarget == "5"
                case .delete, .clearing: request.isDeletion
                case .move: request.renameTarget == "g" || request.renameTarget == "e/"
                }
            }
        }
        enum Moment: CaseIterable, Sendable { case before, behind }
        enum Victim: CaseIterable, Sendable { case session, everything }
        /// All of them on the one server, and those on the others where it matters what the server says of what it has done.
        struct Point: Sendable, CustomTestStringConvertible {
            let step: Step
            let moment: Moment
            let victim: Victim
            let cloud: TestCloud
            var testDescription: String { "\(step) \(moment) \(victim) \(cloud)" }

            static func all(_ steps: [Step]) -> [Point] {
                var points: [Point] = []
                for step in steps {
                    for moment in Moment.allCases {
                        points.append(Point(step, moment, .session, .seaweedFS))
                        // It is begun before the file is closed.
                        guard step != .begin else { continue }
                        for cloud in [TestCloud.seaweedFS, .ceph, .google, .azure] {
                            points.append(Point(step, moment, .everything, cloud))
                        }
                        // There it is one step.
                        if step == .copy { points.append(Point(step, moment, .everything, .azureFolders)) }
                    }
                }
                return points
            }

            init(_ step: Step, _ moment: Moment, _ victim: Victim, _ cloud: TestCloud) {
                self.step = step
                self.moment = moment
                self.victim = victim
                self.cloud = cloud
            }
        }

        /// A mount, killed at a point.
        private struct Scene {
            let bucket: BucketSandbox
            let proxy: FaultProxy
            let sandbox: MountSandbox
            let task: String

            init(_ cloud: TestCloud, commit: String = "close") async throws {
                var bucket = try await BucketSandbox(on: cloud.server)
                proxy = try bucket.proxy()
                sandbox = try MountSandbox(reading: bucket)
                bucket.port = bucket.server.port
                self.bucket = bucket
                let entry = "{source: \"\(bucket.url)\", mode: MOUNT, commit: \(commit)}"
                task = "file_mounts: {\(sandbox.destination): \(entry)}"
                try sandbox.expect(0, task)
            }

            func arm(_ point: Point) {
                // First who would start a session again, which would answer instead of the killed one.
                let victims = (point.victim == .everything ? sandbox.supervisors : []) + sandbox.sessions
                let step = point.step
                let staging = sandbox.files.state + "/task/staging"
                let killing: @Sendable () -> Void = {
                    if step == .part { Self.waitForPart(in: staging) }
                    for process in victims { kill(process, SIGKILL) }
                }
                let deed: Fault.Deed = point.moment == .before ? .instead(killing) : .behind(killing)
                // Behind the upload's mark and one of two parts.
                proxy.add(Fault(deed, skip: step == .clearing ? 2 : 0) { step.isMeant(by: $0) })
            }

            /// On a machine that is busy the second part may be there before the first one is noted; whoever is killed then sends that
            /// again.
            private static func waitForPart(in staging: String) {
                let end = ContinuousClock.now + .seconds(30)
                // As it is written, and as it stands in a log that was shortened.
                let marks = ["{\"sent\":{", "\"parts\":[{"].map { Data($0.utf8) }
                func isNoted(_ name: String) -> Bool {
                    guard name.hasSuffix(".log"),
                        let log = FileManager.default.contents(atPath: staging + "/" + name)
                    else { return false }
                    return marks.contains { log.range(of: $0) != nil }
                }
                while ContinuousClock.now < end, !FileTree(staging).names.contains(where: isNoted) { usleep(20_000) }
            }

            /// The same task again, where nobody is left to go on.
            func goOn(_ point: Point) throws {
                guard point.victim == .everything else { return }
                try sandbox.wait("everybody gone") { sandbox.supervisors.isEmpty && sandbox.sessions.isEmpty }
                let run = try sandbox.expect(0, task)
                #expect(run.mounts.first?.kept == [])
            }

            func expectInBucket(_ objects: [String: [UInt8]]) async throws {
                Files.removeTree(bucket.files.destination)
                try await bucket.succeed(bucket.task())
                bucket.expect(objects)
            }

            /// Everything is in the bucket, once, and nothing else.
            func expectSaved(_ objects: [String: [UInt8]]) async throws {
                proxy.expectDone()
                let ended = try sandbox.document("down")
                #expect(ended.exitCode == 0 && ended.mounts.first?.kept == [], "\(ended.json)")
                try sandbox.expectNothingLeft()
                #expect(sandbox.staged == [])
                try await expectInBucket(objects)
            }
        }

        private static let small = BucketSandbox.bytes(20_000)
        /// Two parts.
        private static let large = BucketSandbox.bytes(12 << 20, seed: 3)

        /// A program saves a file, and is told the truth: nothing before it is in the bucket. Parts that are there are not sent again.
        @Test(arguments: Point.all(Step.uploading)) func whileAFileIsSaved(point: Point) async throws {
            let scene = try await Scene(point.cloud)
            let content = point.step == .put ? Self.small : Self.large
            try Files.write(content, to: Array(scene.sandbox.path("content").utf8))
            scene.arm(point)
            let saved = try scene.sandbox.shell("cp \(scene.sandbox.path("content")) $M/f && echo saved")
            #expect((saved.output == "saved\n") == (point.victim == .session), "\(saved)")
            if point.victim == .session { try await scene.expectInBucket(["f": content]) }
            try scene.goOn(point)
            // Its close was not answered; it had written everything.
            #expect(try scene.sandbox.output("cmp $M/f \(scene.sandbox.path("content"))") == "")
            try await scene.expectSaved(["f": content])
            // Of one whose number nobody has heard nobody can say whose it is.
            let orphans = point.step == .begin && point.moment == .behind ? ["f"] : []
            #expect(try await scene.bucket.server.uploads(in: scene.bucket.bucket) == orphans)
            let first = scene.proxy.passages.filter { $0.request.partNumber == 1 }
            #expect(first.count == (point.step == .put ? 0 : 1))
        }

        /// What was there before is a part of what comes, and with that it is gone: also while Google's parts are cleared away.
        @Test(arguments: Appending.all) func whileAFileIsAppendedTo(how: Appending) async throws {
            let scene = try await Scene(how.point.cloud)
            try await scene.bucket.put(["f": Self.large])
            let more = BucketSandbox.bytes(9 << 20, seed: 4)
            try Files.write(more, to: Array(scene.sandbox.path("more").utf8))
            scene.arm(how.point)
            // A shell that redirects its output closes with dup2, which tells nobody what the close came to.
            let append = "dd if=\(scene.sandbox.path("more")) of=$M/f oflag=append conv=notrunc bs=1M status=none"
            let saved = try scene.sandbox.shell("\(append) && echo saved")
            #expect((saved.output == "saved\n") == (how.point.victim == .session), "\(saved)")
            try scene.goOn(how.point)
            var whole = Self.large + more
            // It is an older version then that nobody has heard of.
            if how.writesOn {
                #expect(try scene.sandbox.output("echo end >> $M/f") == "")
                whole += Array("end\n".utf8)
            }
            try Files.write(whole, to: Array(scene.sandbox.path("whole").utf8))
            #expect(try scene.sandbox.output("cmp $M/f \(scene.sandbox.path("whole"))") == "")
            try await scene.expectSaved(["f": whole])
        }

        struct Appending: Sendable, CustomTestStringConvertible {
            let point: Point
            let writesOn: Bool
            var testDescription: String { "\(point)\(writesOn ? ", more is written" : "")" }

            static let all = [false, true].flatMap { writesOn in
                Victim.allCases.flatMap { victim in
                    [
                        Point(.complete, .behind, victim, .seaweedFS), Point(.complete, .behind, victim, .azure),
                        Point(.complete, .behind, victim, .google), Point(.clearing, .behind, victim, .google),
                    ].map { Appending(point: $0, writesOn: writesOn) }
                }
            }
        }

        /// Nobody has said that it is whole: it is no object, and all of it is kept.
        @Test(arguments: Moment.allCases) func whileAFileIsWritten(moment: Moment) async throws {
            let point = Point(.begin, moment, .everything, .seaweedFS)
            let scene = try await Scene(.seaweedFS)
            try Files.write(Self.large, to: Array(scene.sandbox.path("content").utf8))
            scene.arm(point)
            let writer = try scene.sandbox.start("exec > $M/f; cat \(scene.sandbox.path("content")); exec sleep 60")
            try scene.sandbox.wait("everybody gone") {
                scene.sandbox.supervisors.isEmpty && scene.sandbox.sessions.isEmpty
            }
            writer.signal(SIGKILL)
            _ = try writer.wait()
            let kept = try scene.sandbox.expect(0, scene.task).mounts.first?.kept ?? []
            #expect(kept.map { [$0["path"], $0["reason"]] } == [["f", "torn"]])
            let bytes = try FileManager.default.contents(atPath: #require(kept.first?["file"])).map { [UInt8]($0) }
            // The last write may not have been answered.
            #expect(Self.large.starts(with: try #require(bytes)) && bytes!.count > 8 << 20)
            #expect(try scene.sandbox.document("down").exitCode == 0)
            try await scene.expectInBucket([:])
        }

        /// The same while nobody waits for it but a drain.
        @Test(arguments: Moment.allCases, [Step.part, .complete]) func whileItDrains(moment: Moment, step: Step)
            async throws
        {
            let point = Point(step, moment, .everything, .seaweedFS)
            let scene = try await Scene(.seaweedFS, commit: "background")
            try Files.write(Self.large, to: Array(scene.sandbox.path("content").utf8))
            // Nothing goes on before the drain has begun.
            scene.proxy.add(Fault(.hangUp, times: .max) { $0.isBeginning })
            #expect(try scene.sandbox.output("cp \(scene.sandbox.path("content")) $M/f") == "")
            let down = try scene.sandbox.startVerb("down")
            try scene.sandbox.wait("it draining") { try scene.sandbox.status().state == "draining" }
            scene.proxy.removeFaults()
            scene.arm(point)
            #expect(try down.wait(seconds: 60).status != 0)
            try scene.goOn(point)
            try await scene.expectSaved(["f": Self.large])
        }

        /// Whoever was not told that it is done finds the file under one of the names at least, and whoever was told under the new one.
        @Test(arguments: Point.all(Step.renaming)) func whileAFileIsRenamed(point: Point) async throws {
            let scene = try await Scene(point.cloud)
            let text = "content\n"
            #expect(try scene.sandbox.output("echo content > $M/f; echo replaced > $M/g") == "")
            scene.arm(point)
            let renamed = try scene.sandbox.shell("mv $M/f $M/g && echo renamed")
            #expect((renamed.output == "renamed\n") == (point.victim == .session), "\(renamed)")
            try scene.goOn(point)
            let shown = try scene.sandbox.output("cd $M; for f in *; do echo $f; cat $f; done")
            let isCopied = point.step == .delete || point.moment == .behind
            let isGone = point.moment == .behind && (point.step == .delete || point.cloud == .azureFolders)
            var left = ["g": text]
            if point.victim == .everything {
                if !isGone { left["f"] = text }
                if !isCopied { left["g"] = "replaced\n" }
            }
            #expect(shown == left.sorted { $0.key < $1.key }.map { "\($0)\n\($1)" }.joined())
            try await scene.expectSaved(.text(left))
        }

        /// Programs are told that it is done, and it is: nothing of it is left behind, nor twice.
        @Test(arguments: Step.renaming, Moment.allCases) func whileAFolderIsRenamed(step: Step, moment: Moment)
            async throws
        {
            let scene = try await Scene(.seaweedFS)
            #expect(try scene.sandbox.output("mkdir $M/d; for n in $(seq 30); do echo $n > $M/d/$n; done") == "")
            scene.arm(Point(step, moment, .session, .seaweedFS))
            let renamed = try scene.sandbox.shell("mv -T $M/d $M/e && ls $M")
            #expect(renamed.output == "e\n", "\(renamed)")
            try await scene.expectSaved(
                .text(Dictionary(uniqueKeysWithValues: (1...30).map { ("e/\($0)", "\($0)\n") })))
        }

        /// Done twice it would be undone: the program is told that nobody knows.
        @Test(arguments: [Step.copy, .put], Moment.allCases)
        func whileTwoFilesChangePlaces(step: Step, moment: Moment) async throws {
            let scene = try await Scene(.seaweedFS)
            #expect(try scene.sandbox.output("echo larger than that > $M/f; echo small > $M/g") == "")
            scene.arm(Point(step, moment, .session, .seaweedFS))
            let exchange = "import ctypes, os; c = ctypes.CDLL(None, use_errno=True)"
            let call = "print(c.renameat2(-100, b'f', -100, b'g', 2), os.strerror(ctypes.get_errno()))"
            let told = try scene.sandbox.output("cd $M && python3 -c \"\(exchange); \(call)\"")
            #expect(told == "-1 Input/output error\n")
            // What is copied and not noted is in the way of the other: then that is kept.
            let isCopied = step == .put || moment == .behind
            let (f, g) = step == .put ? ("small\n", "larger than that\n") : ("larger than that\n", "small\n")
            let ended = try scene.sandbox.document("down")
            let kept = ended.mounts.first?.kept.map { $0["path"] }
            #expect(kept == (step == .copy && isCopied ? ["g"] : []), "\(ended.json)")
            try await scene.expectInBucket(.text(["f": f, "g": step == .copy && isCopied ? f : g]))
        }

        /// Where the store renames in one step; what was written last is not in the bucket yet. A file, or the folder that it is in,
        /// with a new one.
        @Test(arguments: Moment.allCases.flatMap { moment in Victim.allCases.map { (moment, $0) } }, ["g", "e"])
        func whileNewBytesAreMoved(how: (Moment, Victim), name: String) async throws {
            let point = Point(.move, how.0, how.1, .googleFolders)
            let scene = try await Scene(point.cloud, commit: "background")
            #expect(try scene.sandbox.output("mkdir $M/d; echo old > $M/f; echo old > $M/d/f") == "")
            #expect(try scene.sandbox.verb("flush").status == 0)
            // Nothing that is written comes into the bucket before.
            scene.proxy.add(Fault(.answer(403), times: .max) { $0.isWholeObject })
            #expect(try scene.sandbox.output("cd $M; echo new > f; echo new > d/f; echo made > d/made") == "")
            scene.arm(point)
            let renamed = try scene.sandbox.start("mv $M/\(name == "g" ? "f" : "d") $M/\(name) && echo renamed")
            try scene.sandbox.wait("the move") { scene.proxy.done.last == 1 }
            scene.proxy.removeFaults()
            let finished = try await renamed.end()
            #expect((finished.output == "renamed\n") == (point.victim == .session), "\(finished)")
            try scene.goOn(point)
            let isMoved = point.victim == .session || point.moment == .behind
            let file = isMoved && name == "g" ? "g" : "f"
            let folder = isMoved && name == "e" ? "e" : "d"
            let ended = try scene.sandbox.document("down")
            #expect(ended.exitCode == 0 && ended.mounts.first?.kept == [], "\(ended.json)")
            try scene.sandbox.expectNothingLeft()
            #expect(scene.sandbox.staged == [])
            try await scene.expectInBucket(
                .text([file: "new\n", "\(folder)/f": "new\n", "\(folder)/made": "made\n"]))
        }
    }
}
