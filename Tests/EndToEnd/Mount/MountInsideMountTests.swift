import Glibc
import TestSupport
import Testing

extension MountedTasks {
    /// A mount inside of another mount, in a folder that the outer one shows for it.
    @Suite(.over(.seaweedFS, .ceph, .google, .fakeGCS, .azure)) struct MountInsideMountTests {
        private let sandbox: MountSandbox

        init() throws {
            sandbox = try MountSandbox()
            try sandbox.write(["src/a": "outer\n", "src/sub/b": "deep\n", "other/c": "inner\n"])
        }

        private var inner: String { sandbox.entry("./other") }

        private func task(_ place: String, outer: String = "", inner: String = "") -> String {
            """
            file_mounts:
              \(sandbox.destination)/\(place): \(sandbox.entry("./other", inner))
              \(sandbox.destination): \(sandbox.entry("./src", outer))
            """
        }

        /// Where the outer one has nothing, has folders on the way, or has an object.
        @Test(arguments: ["in", "sub/in", "x/y/z", "a", "sub/b"]) func itIsThere(place: String) throws {
            for _ in 0..<2 {
                let run = try sandbox.expect(0, task(place))
                #expect(run.mounts.map(\.state) == ["mounted", "mounted"])
                #expect(sandbox.mounts == [sandbox.destination, sandbox.destination + "/" + place])
                #expect(try sandbox.output("cat $M/\(place)/c") == "inner\n")
                let first = place.prefix { $0 != "/" }
                #expect(
                    try sandbox.output("ls $M") == Set(["a", "sub", first]).sorted().joined(separator: "\n") + "\n")
                #expect(try sandbox.output("find $M -name c") == "\(sandbox.destination)/\(place)/c\n")
                #expect(try sandbox.output("test -d $M/\(first) && ls -la $M $M/\(first) | wc -l") != "")
            }
            #expect(try sandbox.verb("down").status == 0)
            try sandbox.expectNothingLeft()
            #expect(
                try sandbox.output("cd \(sandbox.path("")) && find src other | sort")
                    == "other\nother/c\nsrc\nsrc/a\nsrc/sub\nsrc/sub/b\n"
            )
        }

        /// What would be hidden is told, unless it shall be.
        @Test func whereTheOuterOneHasSomething() throws {
            let refused = try sandbox.expect(73, task("sub"))
            #expect(refused.mounts.map(\.state) == ["mounted", "failed"])
            #expect(refused.mounts.map(\.code) == [nil, "nonempty-destination"])
            #expect(try sandbox.output("cat $M/sub/b") == "deep\n")
            try sandbox.expect(0, task("sub", inner: "on_nonempty: overlay"))
            #expect(try sandbox.output("ls $M/sub") == "c\n")
            #expect(try sandbox.verb("down").status == 0)
            #expect(sandbox.files.content("src/sub/b") == "deep\n")
        }

        /// Three of them, the innermost written first, below a copy.
        @Test func severalInsideOfEachOther() throws {
            try sandbox.write(["copied/file": "copied\n", "src/a": "middle\n"])
            let task = """
                file_mounts:
                  \(sandbox.destination)/m/n/o: \(inner)
                  \(sandbox.destination)/m/n: \(sandbox.entry("./src/sub"))
                  \(sandbox.destination)/m: \(sandbox.entry())
                  \(sandbox.destination): ./copied
                """
            for _ in 0..<2 {
                try sandbox.expect(0, task)
                #expect(
                    try sandbox.output("cd $M && cat file m/a m/n/b m/n/o/c") == "copied\nmiddle\ndeep\ninner\n")
            }
            #expect(try sandbox.verb("down").status == 0)
            try sandbox.expectNothingLeft()
        }

        /// Also when a run mounts one of them alone.
        @Test func oneAfterTheOther() throws {
            try sandbox.expect(0, task("in"), "--only", sandbox.destination)
            #expect(
                try sandbox.output("ls $M $M/in")
                    == "\(sandbox.destination):\na\nin\nsub\n\n\(sandbox.destination)/in:\n")
            try sandbox.expect(0, task("in"), "--only", sandbox.destination + "/in")
            #expect(try sandbox.output("cat $M/in/c") == "inner\n")
            // A place that it was not told of would have to be made anew.
            let other = try sandbox.expect(78, task("elsewhere"))
            #expect(other.mounts.map(\.code).contains("changed-configuration"), "\(other.json)")
            #expect(try sandbox.output("cat $M/in/c") == "inner\n")
            // And without any it is what it was.
            try sandbox.expect(0, sandbox.task())
        }

        /// The folder in which it stands is there whatever becomes of the outer one's session and store.
        @Test func theOuterOnesStoreIsAway() async throws {
            var bucket = try await BucketSandbox(.text(["a": "outer\n", "sub/b": "deep\n"]))
            bucket.port = try FreePorts.take(1)[0]
            var proxy: FaultProxy? = try FaultProxy(to: bucket.server.port, port: bucket.port)
            let sandbox = try MountSandbox(reading: bucket)
            try sandbox.write(["other/c": "inner\n"])
            let task = """
                file_mounts:
                  \(sandbox.destination): \(sandbox.entry(bucket.url, "metadata_ttl: 100ms, io_timeout: 1s"))
                  \(sandbox.destination)/sub/in/deep: \(sandbox.entry("./other"))
                """
            try sandbox.expect(0, task)
            proxy = nil
            for _ in 0..<3 {
                usleep(200_000)
                #expect(
                    try sandbox.output("cat $M/sub/in/deep/c && ls -d $M/sub $M/sub/in/deep | wc -l") == "inner\n2\n")
                #expect(try sandbox.shell("cat $M/a").status != 0)
                kill(try #require(try sandbox.status().process), SIGKILL)
            }
            #expect(sandbox.mounts.count == 2)
            proxy = try FaultProxy(to: bucket.server.port, port: bucket.port)
            try sandbox.wait("the outer one", seconds: 30) { try sandbox.shell("cat $M/a").output == "outer\n" }
            // Its own names are gone from the bucket, and the folder is not.
            try await bucket.server.delete(["a", "sub/b"], in: bucket.bucket)
            try sandbox.wait("nothing else") { try sandbox.shell("ls $M").output == "sub\n" }
            #expect(try sandbox.output("ls $M/sub && cat $M/sub/in/deep/c") == "in\ninner\n")
            #expect(proxy != nil)
        }

        @Test func theSupervisorIsKilled() throws {
            try sandbox.expect(0, task("in"))
            kill(sandbox.supervisors[0], SIGKILL)
            try sandbox.wait("its sessions gone") { sandbox.sessions.isEmpty }
            #expect(try sandbox.shell("cat $M/in/c").status != 0)
            try sandbox.expect(0, task("in"))
            #expect(try sandbox.output("cat $M/a $M/in/c") == "outer\ninner\n")
            #expect(sandbox.mounts.count == 2)
            kill(sandbox.supervisors[0], SIGKILL)
            #expect(try sandbox.verb("down").status == 0)
            try sandbox.expectNothingLeft()
        }

        /// What is inside keeps the outer one, too.
        @Test func theInnerOneIsInUse() throws {
            try sandbox.expect(0, task("in"))
            let go = sandbox.path("go")
            let user = try sandbox.start("exec 3<$M/in/c; echo open; while [ ! -e \(go) ]; do sleep 0.05; done")
            try sandbox.wait("the file open") { user.outputSoFar.contains("open") }
            let busy = try sandbox.document("down")
            #expect(busy.exitCode == 75 && busy.mounts.map(\.code) == ["busy", "busy"], "\(busy.json)")
            #expect(try sandbox.output("cat $M/a $M/in/c") == "outer\ninner\n")
            try sandbox.files.folder.write("", to: "go")
            #expect(try user.wait().status == 0)
            #expect(try sandbox.verb("down").status == 0)
            try sandbox.expectNothingLeft()
        }

        /// A file cannot be shown where there is none.
        @Test func aSingleObjectInside() throws {
            let run = try sandbox.expect(
                73,
                """
                file_mounts:
                  \(sandbox.destination): \(sandbox.entry())
                  \(sandbox.destination)/in/: \(sandbox.entry("./other/c"))
                """)
            #expect(run.mounts.map(\.state) == ["mounted", "failed"])
            #expect((run.mounts[1].error["message"] as? String)?.contains("in/c") == true, "\(run.json)")
            #expect(try sandbox.output("cat $M/a") == "outer\n")
        }
    }
}
