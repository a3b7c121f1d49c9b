import TestSupport
import Testing

extension Mounts {
    struct LookingTests {
        @Test func namesKindsAndSizes() throws {
            let mount = try TestMount("big=1000")
            let listed = try mount.output(
                "cd $M; find . -path ./many -prune -o -path ./odd -prune -o -printf '%p %y %s %m\\n' | sort")
            #expect(
                listed == """
                    . d 0 755
                    ./big f 1000 644
                    ./broken f 1048576 644
                    ./dangling l 7 777
                    ./deep d 0 755
                    ./deep/er d 0 755
                    ./deep/er/file f 5 644
                    ./direct f 1000 644
                    ./empty f 0 644
                    ./hello f 6 644
                    ./link l 5 777
                    ./session f 2 644
                    ./stalled f 1048576 644

                    """)
            #expect(try mount.output("cat $M/hello $M/link $M/deep/er/file $M/empty") == "hello\nhello\ndeep\n")
            #expect(try mount.output("readlink $M/link $M/dangling") == "hello\nnowhere\n")
            #expect(try mount.output("stat -c '%Y %.9Y' $M/hello") == "1700000002 1700000002.123456789\n")
        }

        @Test func whatIsNotThere() throws {
            let mount = try TestMount()
            for _ in 0..<2 {
                let finished = try mount.shell("cat $M/nothing $M/dangling $M/hello/x $M/deep")
                #expect(finished.status == 1)
                let reasons = finished.errors.split(separator: "\n").map { $0.split(separator: ": ").last }
                #expect(
                    reasons == [
                        "No such file or directory", "No such file or directory", "Not a directory", "Is a directory",
                    ])
            }
        }

        @Test func oddNames() throws {
            let mount = try TestMount()
            let hex = try mount.output("cd $M/odd; ls | LC_ALL=C sort | od -An -tx1 -v | tr -d ' \\n'")
            #expect(hex == "200a" + String(repeating: "78", count: 255) + "0aff0a")
            #expect(try mount.output("cd $M/odd; for name in *; do wc -c <\"$name\"; done") == "1\n1\n")
        }

        /// Also by those who begin again in the middle, and twice, since the second time much is remembered.
        @Test func everyNameOfALargeFolder() throws {
            let mount = try TestMount()
            for _ in 0..<2 {
                let long = try mount.output(
                    "ls -lR $M/many | awk '{print $5, $NF}' | sort | uniq | grep -c '^[2-6] file-'")
                #expect(long == "20000\n")
                let names = try mount.output("find $M/many -type f -printf '%f\\n' | sort -V | md5sum")
                #expect(names == (try mount.output("seq -f file-%.0f 0 19999 | md5sum")))
            }
            #expect(try mount.output("ls -f $M/many | wc -l") == "20002\n")
        }

        @Test func manyAtOnceInOneFolder() throws {
            let mount = try TestMount()
            let counts = try mount.output(
                "for i in $(seq 64); do (find $M/many -name '*7' | wc -l) & done; wait")
            #expect(counts.split(separator: "\n") == Array(repeating: "2000", count: 64))
        }

        @Test func extendedAttributes() throws {
            let mount = try TestMount()
            let told = try mount.output(
                """
                python3 -c '
                import os
                m = os.environ["M"]
                print(os.listxattr(m + "/hello"), os.getxattr(m + "/hello", "user.colour"))
                print(len(os.getxattr(m + "/hello", "user.long")), os.listxattr(m + "/empty"))
                try:
                    os.getxattr(m + "/hello", "user.none")
                except OSError as error:
                    print(error.errno)
                '
                """)
            #expect(told == "['user.colour', 'user.long'] b'green'\n40000 []\n61\n")
        }

        /// Then `ls -l` need not ask for them, name by name.
        @Test func noExtendedAttributesAtAll() throws {
            let mount = try TestMount("plain")
            for _ in 0..<2 {
                let told = try mount.output(
                    """
                    python3 -c '
                    import os
                    for ask in (lambda path: os.getxattr(path, "user.colour"), os.listxattr):
                        try:
                            print(ask(os.environ["M"] + "/hello"))
                        except OSError as error:
                            print(error.errno)
                    '
                    """)
                #expect(told == "95\n95\n")
            }
        }

        @Test func roomIsShown() throws {
            let mount = try TestMount()
            let shown = try mount.output("df -B1 --output=size,avail,itotal $M | tail -1")
            let numbers = shown.split(whereSeparator: \.isWhitespace)
            #expect(numbers == ["1125899906842624", "562949953421312", "1073741824"])
        }

        /// Nobody becomes root through it, and other users may go in.
        @Test func howItIsMounted() throws {
            let mount = try TestMount()
            let line = try mount.output("findmnt -n -o FSTYPE,SOURCE,OPTIONS $M")
            let options = line.split(whereSeparator: { " \n".contains($0) })
            #expect(options.prefix(2) == ["fuse.provision", "provision"])
            let words = Set(options[2].split(separator: ","))
            #expect(words.isSuperset(of: ["rw", "nosuid", "nodev", "default_permissions", "allow_other"]), "\(words)")
            let device = try mount.output("mountpoint -d $M").dropLast()
            #expect(try mount.output("cat /sys/class/bdi/\(device)/read_ahead_kb") == "4096\n")
            #expect(try mount.output("setpriv --reuid 65534 --clear-groups cat $M/hello") == "hello\n")
        }
    }
}
