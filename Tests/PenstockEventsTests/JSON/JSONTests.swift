import PenstockEvents
import Testing

@Suite struct JSONTests {
    private let value = JSON.members([
        "b": .array([.number(1), .members(["c": .null])]), "a": .text("x\"\n"), "none": nil, "empty": .array([]),
        "nothing": .members([:]),
    ])

    @Test("members keep their order on one line and on several, and those that are nil are left out")
    func order() throws {
        #expect(value.compact == #"{"b":[1,{"c":null}],"a":"x\"\n","empty":[],"nothing":{}}"#)
        #expect(
            value.indented == #"""
                {
                  "b": [
                    1,
                    {
                      "c": null
                    }
                  ],
                  "a": "x\"\n",
                  "empty": [],
                  "nothing": {}
                }
                """#)
        #expect(try JSONParser.parse(Array(value.indented.utf8)) == value)
    }
}
