import Foundation
import PenstockBatch
import Testing

@Suite struct JobSpecTests {
    private func decode<Value: Decodable>(_ type: Value.Type, _ json: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(json.utf8))
    }

    @Test("resources are read by PSI/J's names, and two of three numbers are enough")
    func resources() throws {
        let full = try decode(
            ResourceSpec.self,
            #"{"node_count": 4, "processes_per_node": 2, "process_count": 8, "cpu_cores_per_process": 16, "gpu_cores_per_process": 1, "exclusive_node_use": true, "memory": 68719476736}"#
        )
        #expect(
            full
                == ResourceSpec(
                    nodeCount: 4, processesPerNode: 2, cpuCoresPerProcess: 16, gpuCoresPerProcess: 1,
                    exclusiveNodeUse: true, memory: ByteCount("64GiB")))
        #expect(full.processCount == 8 && full.coresPerNode == 32 && full.memoryPerNode == ByteCount("16GiB"))
        #expect(try decode(ResourceSpec.self, #"{"process_count": 8, "node_count": 2}"#).processesPerNode == 4)
        #expect(try decode(ResourceSpec.self, #"{"process_count": 8, "processes_per_node": 2}"#).nodeCount == 4)
        #expect(try decode(ResourceSpec.self, "{}") == ResourceSpec())
        #expect(try decode(ResourceSpec.self, #"{"memory": "2GiB"}"#).memory?.bytes == 2_147_483_648)
    }

    @Test("numbers of processes that contradict each other are refused")
    func contradiction() {
        #expect(throws: DecodingError.self) {
            try decode(ResourceSpec.self, #"{"node_count": 3, "processes_per_node": 2, "process_count": 7}"#)
        }
        #expect(throws: DecodingError.self) { try decode(ResourceSpec.self, #"{"node_count": 3, "process_count": 7}"#) }
    }

    @Test("what is asked for is told in numbers that add up")
    func arithmetic() {
        let resources = ResourceSpec(
            nodeCount: 4, cpuCoresPerProcess: 16, gpuCoresPerProcess: 2, memory: ByteCount("64GiB"))
        #expect(
            resources.arithmetic == [
                "4 nodes × 1 process × 16 cores = 64 cores", "8 GPUs in all", "64 GiB of memory = 4 × 16 GiB",
            ])
    }

    @Test("a job that cannot be is refused, with what to do")
    func refuses() throws {
        var spec = JobSpec(name: "a", executable: "/bin/true", directory: "/", stdoutPath: "/dev/null")
        try spec.check()
        spec.resources.nodeCount = 0
        #expect(throws: BatchError(.wrongJob, "a job cannot have 0 nodes", hint: "ask for 1 or more")) {
            try spec.check()
        }
        spec.resources.nodeCount = 1
        spec.attributes.customAttributes = ["qos": "debug"]
        #expect(
            throws: BatchError(
                .wrongJob, "the directive qos is for no scheduler", hint: "directives begin with slurm. or pbs.")
        ) {
            try spec.check()
        }
        spec.attributes.customAttributes = ["slurm.qos": "debug", "pbs.l": "place=scatter"]
        try spec.check()
        spec.environment = ["A B": "c"]
        #expect(throws: BatchError.self) { try spec.check() }
    }

    @Test("a job is the same behind being written and read")
    func coding() throws {
        let spec = JobSpec(
            name: "a", executable: "/bin/x", arguments: ["job", "a b"], directory: "/d", inheritEnvironment: true,
            environment: ["A_B": "c"], stdoutPath: "/d/o", resources: ResourceSpec(nodeCount: 8),
            logResources: ResourceSpec(nodeCount: 2, memory: ByteCount("1GiB")),
            attributes: JobAttributes(
                duration: Walltime(seconds: 7200), queueName: "q", account: "a", reservationID: "r", constraint: "c",
                customAttributes: ["slurm.qos": "x"], array: JobArray(count: 11, throttle: 2), signalSeconds: 90,
                requeue: true),
            preLaunch: ["module load x"], wrapper: ["apptainer", "exec"], launcher: .srun)
        let data = try JSONEncoder().encode(spec)
        #expect(try JSONDecoder().decode(JobSpec.self, from: data) == spec)
        let text = String(decoding: data, as: UTF8.self)
        for name in [
            "\"node_count\":8", "\"process_count\":8", "\"custom_attributes\"", "\"duration\":\"02:00:00\"",
            "\"pre_launch\"",
        ] {
            #expect(text.contains(name), "\(name) in \(text)")
        }
        #expect(spec.nodeCount == 10)
    }

    @Test(
        "states are the same behind being written and read",
        arguments: [
            JobState.new, .queued(reason: nil), .queued(reason: "Priority"), .starting, .active, .draining,
            .requeued(count: 3),
            .completed, .canceled, .failed(.exit(70)), .failed(.signal(9)), .failed(.timeout), .failed(.outOfMemory),
            .failed(.nodeFailure), .failed(.preempted), .failed(.lost),
        ])
    func states(_ state: JobState) throws {
        #expect(try JSONDecoder().decode(JobState.self, from: JSONEncoder().encode(state)) == state)
        #expect(state.isFinal == ["completed", "failed", "canceled"].contains(state.name))
    }

    @Test(
        "states that there are not are refused",
        arguments: [#"{"state":"done"}"#, #"{"state":"failed"}"#, #"{"state":"failed","failure":"luck"}"#])
    func wrongStates(_ json: String) { #expect(throws: DecodingError.self) { try decode(JobState.self, json) } }
}
