import Foundation
import TestSupport
import Testing

extension MountedTasks {
    /// Mounts of Azure's accounts whose folders are real, and of those that have none.
    @Suite(.onAzure) struct AzureFolderTests {
        private struct Scene {
            let bucket: BucketSandbox
            let proxy: FaultProxy
            let sandbox: MountSandbox

            /// Mounted, with these objects.
            init(on cloud: TestCloud = .azureFolders, _ objects: [String: String], _ faults: Fault...) async throws {
                var bucket = try await BucketSandbox(on: cloud.server, .text(objects))
                proxy = try bucket.proxy()
                for fault in faults { proxy.add(fault) }
                sandbox = try MountSandbox(reading: bucket)
                self.bucket = bucket
                try mount()
            }

            func mount() throws {
                try sandbox.expect(
                    0, "file_mounts: {\(sandbox.destination): {source: \"\(bucket.url)\", mode: MOUNT}}")
            }

            var moves: Int { proxy.passages.count { $0.request["x-ms-rename-source"] != nil } }
            var copies: Int { proxy.passages.count { $0.request["x-ms-copy-source"] != nil } }

            /// Unmounted, and nothing else is in the bucket.
            func expectSaved(_ objects: [String: String], folders: [String] = []) async throws {
                let ended = try sandbox.document("down")
                #expect(ended.exitCode == 0 && ended.mounts.first?.kept == [], "\(ended.json)")
                try sandbox.expectNothingLeft()
                try await bucket.succeed(bucket.task())
                bucket.expect(objects)
                for folder in folders { #expect(Files.isThere(bucket.files.destination + "/" + folder), "\(folder)") }
            }
        }

        /// In one request each, over other files and empty folders as well; nothing is copied.
        @Test(arguments: [TestCloud.azureFolders, .azure]) func filesAndFoldersAreMoved(cloud: TestCloud) async throws {
            let objects = ["a": "one\n", "d/b": "two\n", "c": "three\n", "t/1/x": "x\n", "t/2/y": "y\n", "t/z": "z\n"]
            let scene = try await Scene(on: cloud, objects)
            #expect(
                try scene.sandbox.output(
                    """
                    cd $M && mkdir empty && mv a d/new && mv c d/b && mv t empty && mv empty/t u && mv u empty/ \
                        && mv -T empty v && cat d/new d/b v/u/1/x v/u/2/y v/u/z && find . | sort
                    """) == """
                        one
                        three
                        x
                        y
                        z
                        .
                        ./d
                        ./d/b
                        ./d/new
                        ./v
                        ./v/u
                        ./v/u/1
                        ./v/u/1/x
                        ./v/u/2
                        ./v/u/2/y
                        ./v/u/z

                        """)
            if cloud == .azureFolders {
                #expect(scene.moves == 6 && scene.copies == 0)
            } else {
                #expect(scene.moves == 0 && scene.copies > 6)
            }
            try await scene.expectSaved([
                "d/new": "one\n", "d/b": "three\n", "v/u/1/x": "x\n", "v/u/2/y": "y\n", "v/u/z": "z\n",
            ])
        }

        /// A flat account is asked nothing of folders.
        @Test func aFlatAccountPaysNothing() async throws {
            let scene = try await Scene(on: .azure, ["a": "one\n"])
            #expect(try scene.sandbox.output("cat $M/a") == "one\n")
            #expect(!scene.proxy.passages.contains { $0.request.target.contains("filesystem") })
        }

        /// Folders are there without anything in them, for whoever looks anew as well.
        @Test func foldersStayAndGo() async throws {
            let scene = try await Scene(["d/e/f": "x\n"])
            #expect(
                try scene.sandbox.output(
                    "cd $M && mkdir -m 700 -p made/in && rm d/e/f && rmdir d/e && ! rmdir made 2>/dev/null && find . | sort"
                )
                    == ".\n./d\n./made\n./made/in\n")
            #expect(try scene.sandbox.document("down").exitCode == 0)
            try scene.mount()
            #expect(try scene.sandbox.output("cd $M && stat -c '%a %F' made/in d") == "700 directory\n755 directory\n")
            #expect(
                try scene.sandbox.output("cd $M && rmdir made/in made && touch d/new && find . | sort")
                    == ".\n./d\n./d/new\n")
            #expect(try scene.sandbox.output("cd $M && rm -r d && find .") == ".\n")
            try await scene.expectSaved([:])
        }

        /// What is open, and what is not uploaded yet, goes along.
        @Test func filesThatAreOpen() async throws {
            let scene = try await Scene(["d/old": "old\n", "d/read": "read\n"])
            #expect(
                try scene.sandbox.output(
                    """
                    cd $M && exec 3< d/read 4>> d/old 5> d/new && echo more >&4 && echo new >&5 && mv d e \
                        && cat <&3 && echo again >&5 && exec 3<&- 4>&- 5>&- && cat e/old e/new
                    """) == "read\nold\nmore\nnew\nagain\n")
            #expect(scene.moves == 1)
            try await scene.expectSaved(["e/old": "old\nmore\n", "e/new": "new\nagain\n", "e/read": "read\n"])
        }

        /// A copy has folders in which nothing is as well, unless only some files are wanted, or what is above them is not.
        @Test func copiesHaveEmptyFolders() async throws {
            let scene = try await Scene(["a/b": "x\n", "c": "y\n"])
            #expect(try scene.sandbox.output("cd $M && mkdir -p empty a/in/side && rm c") == "")
            #expect(try scene.sandbox.document("down").exitCode == 0)
            func copied(_ keys: String = "", from part: String = "") async throws -> [String] {
                Files.removeTree(scene.bucket.files.destination)
                try await scene.bucket.succeed(scene.bucket.task(scene.bucket.url + part, keys))
                return scene.bucket.files.names.sorted()
            }
            #expect(try await copied() == ["a", "a/b", "a/in", "a/in/side", "empty"])
            #expect(try await copied("include: b") == ["a", "a/b"])
            #expect(try await copied("exclude: a/in/") == ["a", "a/b", "empty"])
            #expect(try await copied(from: "/empty/") == [])
            #expect(try await copied(from: "/a") == ["b", "in", "in/side"])
        }

        private static func toTree(_ deed: Fault.Deed, times: Int = .max) -> Fault {
            Fault(deed, times: times) { $0["Host"]?.contains(".dfs.") == true }
        }

        /// The host for trees says nothing, or no, when the mount is made: it goes on by copying, and the log says why.
        @Test(arguments: ["says nothing", "hangs up", "says no"]) func theOtherHostDoesNotAnswer(_ what: String)
            async throws
        {
            let deed: Fault.Deed =
                switch what {
                case "says nothing": .meanwhile { ScriptedConnection.pause(milliseconds: 30_000) }
                case "hangs up": .hangUp
                default: Fault.refusal(403, "AuthorizationFailure")
                }
            let start = ContinuousClock.now
            let scene = try await Scene(["a": "one\n", "d/e/f": "x\n", "d/g": "y\n"], Self.toTree(deed))
            // It is not waited for as long as it takes.
            #expect(ContinuousClock.now - start < .seconds(25))
            #expect(
                try scene.sandbox.output("cd $M && mkdir d/empty && mv a b && mv d z && find . | sort")
                    == ".\n./b\n./z\n./z/e\n./z/e/f\n./z/empty\n./z/g\n")
            #expect(scene.moves == 0 && scene.copies == 3)
            let log = try TemporaryFolder.text(of: scene.sandbox.files.state + "/task/log")
            #expect(log.contains("are moved by copying them: "), "\(log)")
            #expect(!log.contains(AzureBlob.keyText))
            try await scene.expectSaved(["b": "one\n", "z/e/f": "x\n", "z/g": "y\n"], folders: ["z/empty"])
            #expect(!Files.isThere(scene.bucket.files.destination + "/d"))
        }

        /// It goes away while the mount is there: whoever moves is told that it did not go, and everything stays where it was.
        @Test func theOtherHostGoesAway() async throws {
            let scene = try await Scene(["a": "one\n", "d/e": "x\n"])
            scene.proxy.add(Self.toTree(Fault.refusal(403, "AuthorizationFailure")))
            let refused = try scene.sandbox.shell("cd $M && mv a b; mv d z")
            #expect(refused.errors.contains("Permission denied"), "\(refused)")
            #expect(try scene.sandbox.output("cd $M && cat a d/e && find . | sort") == "one\nx\n.\n./a\n./d\n./d/e\n")
            scene.proxy.removeFaults()
            #expect(try scene.sandbox.output("cd $M && mv a b && mv d z && cat b z/e") == "one\nx\n")
            try await scene.expectSaved(["b": "one\n", "z/e": "x\n"])
        }

        enum Moment: CaseIterable, Sendable { case before, behind }

        /// The session is killed when the host has not heard of a move, and when it has made it: whoever waits is told the truth.
        @Test(arguments: Moment.allCases, ["f", "d"]) func theSessionIsKilled(moment: Moment, what: String) async throws
        {
            let scene = try await Scene(["f": "one\n", "d/e/f": "two\n", "d/g": "three\n"])
            // Nothing is staged: then names may change as soon as somebody serves again.
            let victims = scene.sandbox.sessions
            let killing: @Sendable () -> Void = { for process in victims { kill(process, SIGKILL) } }
            scene.proxy.add(
                Fault(moment == .before ? .instead(killing) : .behind(killing)) { $0["x-ms-rename-source"] != nil })
            #expect(try scene.sandbox.output("mv $M/\(what) $M/new && echo moved") == "moved\n")
            scene.proxy.expectDone()
            let expected =
                what == "f"
                ? ["new": "one\n", "d/e/f": "two\n", "d/g": "three\n"]
                : ["f": "one\n", "new/e/f": "two\n", "new/g": "three\n"]
            try await scene.expectSaved(expected)
        }

        /// The same with files in it that are being written: they go along.
        @Test(arguments: Moment.allCases) func theSessionIsKilledWhileFilesAreOpen(moment: Moment) async throws {
            let scene = try await Scene(["d/old": "old\n", "d/g": "three\n"])
            let victims = scene.sandbox.sessions
            let killing: @Sendable () -> Void = { for process in victims { kill(process, SIGKILL) } }
            scene.proxy.add(
                Fault(moment == .before ? .instead(killing) : .behind(killing)) { $0["x-ms-rename-source"] != nil })
            #expect(
                try scene.sandbox.output(
                    """
                    cd $M && exec 4>> d/old 5> d/new && echo more >&4 && echo new >&5 && mv d e && echo again >&5 \
                        && exec 4>&- 5>&- && cat e/old e/new
                    """) == "old\nmore\nnew\nagain\n")
            scene.proxy.expectDone()
            try await scene.expectSaved(["e/old": "old\nmore\n", "e/new": "new\nagain\n", "e/g": "three\n"])
        }
    }
}
