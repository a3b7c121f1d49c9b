import TestSupport
import Testing

@testable import memory_mount

extension Mounts {
    struct ReadingTests {
        private static let size = 96 << 20
        private static let pattern = Pattern()

        /// The pattern, made up once more.
        static func write(_ range: Range<Int>, to path: String) throws {
            try Files.write(pattern.pieces(of: range).flatMap { Array($0) }, to: Array(path.utf8))
        }

        @Test func wholeFiles() throws {
            let mount = try TestMount("big=\(Self.size)")
            let folder = try TemporaryFolder()
            try Self.write(0..<Self.size, to: folder.path("expected"))
            for name in ["big", "direct"] {
                #expect(try mount.output("cmp $M/\(name) $T/expected && echo same", in: folder) == "same\n")
                let copied = try mount.output(
                    "cp $M/\(name) $T/copy && cmp $T/copy $T/expected && echo same", in: folder)
                #expect(copied == "same\n")
            }
            let sum = try mount.output("md5sum <$T/expected", in: folder)
            #expect(try mount.output("md5sum <$M/big") == sum)
            #expect(try mount.output("md5sum <$M/direct") == sum)
        }

        @Test(arguments: ["big", "direct"])
        func partsAndEnds(name: String) throws {
            let mount = try TestMount("big=\(Self.size)")
            let folder = try TemporaryFolder()
            let end = Self.size
            for range in [0..<1, 4095..<4097, 1_048_582..<1_048_584, (end - 3)..<end, 1_000_000..<5_000_001] {
                try Self.write(range, to: folder.path("expected"))
                let part = "iflag=skip_bytes,count_bytes skip=\(range.lowerBound) count=\(range.count)"
                let read = "dd if=$M/\(name) bs=64k status=none \(part)"
                #expect(
                    try mount.output("\(read) | cmp - $T/expected && echo same", in: folder) == "same\n", "\(range)")
            }
            #expect(try mount.output("tail -c +\(end + 1) $M/\(name) | wc -c") == "0\n")
        }

        @Test(arguments: ["big", "direct"])
        func mapped(name: String) throws {
            let mount = try TestMount("big=\(Self.size)")
            let told = try mount.output(
                """
                python3 -c '
                import hashlib, mmap, os
                file = open(os.environ["M"] + "/\(name)", "rb")
                for flags in (mmap.MAP_SHARED, mmap.MAP_PRIVATE):
                    with mmap.mmap(file.fileno(), 0, flags=flags, prot=mmap.PROT_READ) as mapped:
                        print(hashlib.md5(mapped).hexdigest())
                ' | uniq
                """)
            #expect(told == (try mount.output("md5sum <$M/\(name) | cut -d' ' -f1")))
        }

        @Test func placesOfData() throws {
            let mount = try TestMount("big=1000")
            let told = try mount.output(
                """
                python3 -c '
                import os
                file = os.open(os.environ["M"] + "/big", os.O_RDONLY)
                print(os.lseek(file, 10, os.SEEK_DATA), os.lseek(file, 10, os.SEEK_HOLE))
                try:
                    os.lseek(file, 1000, os.SEEK_DATA)
                except OSError as error:
                    print(error.errno)
                '
                """)
            #expect(told == "10 1000\n6\n")
        }

        @Test func sixtyFourAtOnce() throws {
            let mount = try TestMount("big=\(Self.size)")
            let folder = try TemporaryFolder()
            try Self.write(0..<Self.size, to: folder.path("expected"))
            let told = try mount.output(
                """
                for i in $(seq 64); do
                    (name=big; [ $((i % 2)) = 0 ] && name=direct; skip=$((i * 1000003))
                    cmp -i $skip -n 20000000 $M/$name $T/expected && echo same) &
                done; wait
                """, in: folder)
            #expect(told.split(separator: "\n") == Array(repeating: "same", count: 64))
        }

        @Test func aSingleFileIsMountedOverAFile() throws {
            let mount = try TestMount("file")
            #expect(try mount.output("cat $M; stat -c '%F %s' $M") == "a file\nregular file 7\n")
            #expect(try mount.end().status == 0)
            #expect(!mount.isMounted)
        }
    }
}
