import Testing

@testable import PenstockSecurity

@Suite("Scopes and permissions")
struct PermissionsTests {
    @Test(
        "scopes are read as they are written", arguments: ["produce:raw.*", "consume:*", "consume:a-b_c.1", "admin"])
    func reading(_ text: String) throws { #expect(try Scope(text).description == text) }

    @Test(
        "what is no scope is refused, and told",
        arguments: [
            "", "Admin", "admin ", "admin:*", "produce", "produce:", "write:a", "consume:a b", "produce:_penstock.x",
            "consume:raw/*", "pr\u{6F}\u{301}duce:a",
        ])
    func refused(_ text: String) throws {
        let error = #expect(throws: SecurityError.self) { try Scope(text) }
        #expect(error?.code == .invalidScope && error?.hint != nil)
    }

    @Test("nothing is allowed but what a scope grants")
    func defaultDeny() throws {
        let none = Permissions.none
        #expect(!none.allows(.produce, topic: "a") && !none.allows(.consume, topic: "a"))
        #expect(!none.allows(.administer, topic: "a") && !none.allowsAdministration)

        let some = try Permissions(parsing: "produce:raw.* consume:cooked")
        #expect(some.allows(.produce, topic: "raw.1") && !some.allows(.consume, topic: "raw.1"))
        #expect(some.allows(.consume, topic: "cooked") && !some.allows(.produce, topic: "cooked"))
        #expect(!some.allows(.administer, topic: "raw.1") && !some.allowsAdministration)
        #expect(!some.allows(.consume, topic: "cooked2"))

        let admin = try Permissions([.admin])
        #expect(admin.allowsAdministration && admin.allows(.administer, topic: "a"))
        #expect(!admin.allows(.produce, topic: "a") && !admin.allows(.consume, topic: "a"))
    }

    @Test("the log's own topics nobody writes or changes, and who administers reads them")
    func ofTheLog() throws {
        let all = try Permissions(parsing: "produce:* consume:* produce:_* consume:_*")
        let admin = try Permissions(parsing: "admin produce:* consume:*")
        for topic in ["_penstock.audit", "_penstock.positions.g", "_penstock."] {
            #expect(!all.allows(.consume, topic: topic) && !all.allows(.produce, topic: topic))
            #expect(admin.allows(.consume, topic: topic) && !admin.allows(.produce, topic: topic))
            #expect(!admin.allows(.administer, topic: topic))
        }
    }

    @Test("texts that are no names of topics are allowed nothing", arguments: ["", "a b", "a\0", "../a", "é"])
    func noNames(_ topic: String) throws {
        let all = try Permissions(parsing: "admin produce:* consume:*")
        #expect(!all.allows(.produce, topic: topic) && !all.allows(.consume, topic: topic))
        #expect(!all.allows(.administer, topic: topic))
    }

    @Test("a list of scopes is separated by single spaces; an empty one grants nothing")
    func lists() throws {
        #expect(try Permissions(parsing: "") == .none)
        #expect(try Permissions(parsing: "admin produce:a").description == "admin produce:a")
        for wrong in [" ", "admin ", " admin", "admin  produce:a", "admin\tproduce:a", "admin,produce:a"] {
            #expect(throws: SecurityError.self) { try Permissions(parsing: wrong) }
        }
    }

    @Test("there are 64 scopes at most")
    func most() throws {
        let all = (0..<64).map { "produce:t\($0)" }
        #expect(try Permissions(parsing: all.joined(separator: " ")).scopes.count == 64)
        #expect(throws: SecurityError.self) { try Permissions(parsing: (all + ["admin"]).joined(separator: " ")) }
        #expect(throws: SecurityError.self) { try Permissions(Array(repeating: .admin, count: 65)) }
    }
}
