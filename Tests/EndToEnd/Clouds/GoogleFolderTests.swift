import Foundation
import Glibc
import TestSupport
import Testing

extension MountedTasks {
    /// Mounts of Google's buckets with a hierarchy of folders.
    @Suite(.onGoogle) struct GoogleFolderTests {
        /// A mounted bucket, and what it is asked.
        private struct Scene {
            let server: GoogleStorage
            var bucket: BucketSandbox
            let proxy: FaultProxy
            let sandbox: MountSandbox
            let task: String

            init(
                _ objects: [String: String] = [:], folders: [String] = [], taking milliseconds: Int = 0,
                _ rights: GoogleStorage.FolderRights? = nil, moves: GoogleStorage.MoveRights? = nil,
                hasFolders: Bool = true, commit: String = "close"
            ) async throws {
                server = try await GoogleStorage.shared.server
                let name =
                    hasFolders
                    ? try await server.makeBucketWithFolders(taking: milliseconds, rights, moves: moves)
                    : try await server.makeBucket([:])
                bucket = try BucketSandbox(server, bucket: name)
                try await bucket.put(objects)
                for folder in folders { try await server.makeFolder(folder, in: name) }
                proxy = try bucket.proxy()
                sandbox = try MountSandbox(reading: bucket)
                bucket.port = server.port
                task =
                    "file_mounts: {\(sandbox.destination): {source: \"\(bucket.url)\", mode: MOUNT, commit: \(commit)}}"
                try sandbox.expect(0, task)
            }

            /// How often the server was asked for this.
            func asked(_ part: String) -> Int { proxy.passages.count { $0.request.target.contains(part) } }

            /// The run ends well, and the bucket holds this, byte for byte, and these folders.
            func expectInBucket(
                _ objects: [String: String], folders: [String],
                at location: Testing.SourceLocation = #_sourceLocation
            ) async throws {
                let ended = try sandbox.document("down")
                #expect(
                    ended.exitCode == 0 && ended.mounts.first?.kept == [], "\(ended.json)", sourceLocation: location)
                #expect(try await server.folders(in: bucket.bucket) == folders, sourceLocation: location)
                try await bucket.succeed(bucket.task(), at: location)
                bucket.expect(objects, at: location)
            }
        }

        /// A file is moved by the server in one step, over another one as well, and not copied.
        @Test(arguments: [true, false]) func filesAreMoved(hasFolders: Bool) async throws {
            let scene = try await Scene(["a": "one\n", "d/b": "two\n", "c": "three\n"], hasFolders: hasFolders)
            #expect(
                try scene.sandbox.output("cd $M && mv a d/new && mv c d/b && cat d/new d/b && find . | sort") == """
                    one
                    three
                    .
                    ./d
                    ./d/b
                    ./d/new

                    """)
            #expect(scene.asked("/moveTo/") == (hasFolders ? 2 : 0))
            #expect(scene.asked("/rewriteTo/") == (hasFolders ? 0 : 2))
            #expect(try scene.sandbox.document("down").exitCode == 0)
            try await scene.bucket.succeed(scene.bucket.task())
            scene.bucket.expect(["d/new": "one\n", "d/b": "three\n"])
        }

        /// In one request, whatever is in it: what is open, what is not in the bucket yet, what is empty.
        @Test(arguments: ["close", "background"]) func foldersAreMoved(commit: String) async throws {
            let scene = try await Scene(
                ["d/a": "one\n", "d/s/b": "two\n", "d/open": "old\n"], folders: ["d/empty/"], taking: 200,
                commit: commit)
            let line = """
                cd $M && exec 3<d/a 4>>d/open && echo more >&4 && echo new > d/new && mkdir e && mv d e/n
                cat <&3 && echo most >&4 && exec 4>&- && cat e/n/open e/n/new && find . | sort
                """
            #expect(
                try scene.sandbox.output(line) == """
                    one
                    old
                    more
                    most
                    new
                    .
                    ./e
                    ./e/n
                    ./e/n/a
                    ./e/n/empty
                    ./e/n/new
                    ./e/n/open
                    ./e/n/s
                    ./e/n/s/b

                    """)
            #expect(scene.asked("/renameTo/") == 1 && scene.asked("/rewriteTo/") == 0 && scene.asked("/moveTo/") == 0)
            try await scene.expectInBucket(
                ["e/n/a": "one\n", "e/n/s/b": "two\n", "e/n/open": "old\nmore\nmost\n", "e/n/new": "new\n"],
                folders: ["e/", "e/n/", "e/n/empty/", "e/n/s/"])
        }

        /// Also over one that is empty, and back.
        @Test func foldersOverFolders() async throws {
            let scene = try await Scene(["d/a": "one\n", "x/b": "two\n"], folders: ["empty/"])
            let line = """
                cd $M && mkdir made && mv -T d empty && mv -T empty made && mv -T made d && ls -R . && ! mv -T d x 2> /dev/null
                """
            #expect(try scene.sandbox.output(line) == ".:\nd\nx\n\n./d:\na\n\n./x:\nb\n")
            #expect(scene.asked("/renameTo/") == 3 && scene.asked("/rewriteTo/") == 0)
            try await scene.expectInBucket(["d/a": "one\n", "x/b": "two\n"], folders: ["d/", "x/"])
        }

        /// Made by somebody else, and emptied here: they are there until they are removed.
        @Test func foldersWithNothingInThem() async throws {
            let scene = try await Scene(["d/a": "one\n"], folders: ["empty/one/", "two/"])
            let line = """
                cd $M && find . | sort && rm d/a && mkdir three && rmdir empty/one two && ! rmdir empty/none 2> /dev/null
                sleep 1.2 && find . | sort && stat -c %F empty && rmdir three && mv empty last
                """
            #expect(
                try scene.sandbox.output(line) == """
                    .
                    ./d
                    ./d/a
                    ./empty
                    ./empty/one
                    ./two
                    .
                    ./d
                    ./empty
                    ./three
                    directory

                    """)
            try await scene.expectInBucket([:], folders: ["d/", "last/"])
        }

        /// Where folders are not for whoever asks they are renamed file by file, as everywhere else.
        @Test(arguments: GoogleStorage.FolderRights.allCases)
        func foldersThatAreNotForUs(rights: GoogleStorage.FolderRights) async throws {
            let scene = try await Scene(["d/a": "one\n", "d/s/b": "two\n"], rights)
            let line = """
                cd $M && exec 3>>d/a && echo more >&3 && mv d e && mv e f && echo most >&3 && exec 3>&- && find . | sort
                sleep 1.2 && find . | sort && cat f/a && rm -r f && ls
                """
            let shown = ".\n./f\n./f/a\n./f/s\n./f/s/b\n"
            #expect(try scene.sandbox.output(line) == shown + shown + "one\nmore\nmost\n")
            // It may be known from listings before.
            #expect(scene.asked("/renameTo/") <= (rights == .denied ? 0 : 1))
            #expect(try scene.sandbox.document("down").exitCode == 0)
            try await scene.bucket.succeed(scene.bucket.task())
            scene.bucket.expect([String: String]())
        }

        /// Who may not move, but copy and delete, has it done so: of what is open and changed as well, and of folders.
        @Test(arguments: GoogleStorage.MoveRights.allCases)
        func filesThatMayNotBeMoved(moves: GoogleStorage.MoveRights) async throws {
            let scene = try await Scene(["a": "one\n", "b": "two\n", "d/c": "three\n"], moves: moves)
            let line = """
                cd $M && mv a n && exec 3>>b && echo more >&3 && mv b d/b && echo most >&3 && exec 3>&- && mv d e
                cat n e/b e/c && find . | sort
                """
            #expect(
                try scene.sandbox.output(line) == "one\ntwo\nmore\nmost\nthree\n.\n./e\n./e/b\n./e/c\n./n\n")
            #expect(scene.asked("/moveTo/") == (moves == .denied ? 0 : 1))
            let log = try TemporaryFolder.text(of: scene.sandbox.files.state + "/task/log")
            #expect(log.contains("(storage.objects.move)") == (moves == .denied), "\(log)")
            #expect(try scene.sandbox.document("down").exitCode == 0)
            try await scene.bucket.succeed(scene.bucket.task())
            scene.bucket.expect(["n": "one\n", "e/b": "two\nmore\nmost\n", "e/c": "three\n"])
        }

        enum Victim: CaseIterable, Sendable { case session, everything }

        /// Killed while the service renames: it goes on with that, and the next session finds everything where it is then.
        @Test(arguments: Victim.allCases, [300, 4000])
        func killedWhileItIsRenamed(victim: Victim, milliseconds: Int) async throws {
            let scene = try await Scene(
                ["d/a": "old\n", "d/s/b": "only there\n"], taking: milliseconds, commit: "background")
            // Nothing that is written comes into the bucket before.
            scene.proxy.add(Fault(.answer(403), times: .max) { $0.isWholeObject })
            #expect(try scene.sandbox.output("cd $M && echo newest > d/a && echo new > d/s/new") == "")
            let renaming = try scene.sandbox.start("mv $M/d $M/n && echo renamed")
            try scene.sandbox.wait("the rename") { scene.asked("/operations/") > 0 }
            let victims = (victim == .everything ? scene.sandbox.supervisors : []) + scene.sandbox.sessions
            for process in victims { kill(process, SIGKILL) }
            scene.proxy.removeFaults()
            let renamed = try await renaming.end()
            #expect((renamed.output == "renamed\n") == (victim == .session), "\(renamed)")
            if victim == .everything {
                try scene.sandbox.wait("everybody gone") {
                    scene.sandbox.supervisors.isEmpty && scene.sandbox.sessions.isEmpty
                }
                try scene.sandbox.expect(0, scene.task)
            }
            try await scene.expectInBucket(
                ["n/a": "newest\n", "n/s/b": "only there\n", "n/s/new": "new\n"], folders: ["n/", "n/s/"])
        }
    }
}
