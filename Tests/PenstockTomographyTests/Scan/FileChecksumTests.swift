import PenstockFormats
import TestSupport
import Testing

@testable import PenstockTomography

@Suite struct FileChecksumTests {
    @Test("the SHA-256 of files is that of their contents one behind the other")
    func checksum() throws {
        let folder = try TestFolder()
        // FIPS 180-4, examples of NIST: "abc", and the empty message.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(try FileChecksum.sha256([folder.write("abc", to: "abc")]) == abc)
        #expect(try FileChecksum.sha256([folder.write("a", to: "a"), folder.write("bc", to: "bc")]) == abc)
        #expect(
            try FileChecksum.sha256([folder.write("", to: "empty")])
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        // A million times "a", the third example: more than one block is read.
        #expect(
            try FileChecksum.sha256([folder.write(String(repeating: "a", count: 1_000_000), to: "million")])
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
        let error = #expect(throws: FormatError.self) { try FileChecksum.sha256([folder("absent")]) }
        #expect(error?.code == .notFound)
    }
}
