import Foundation
import TestSupport

/// Starts a cluster, says where, and waits to be killed.
@main
enum ClusterHolder {
    static func main() throws {
        let cluster = try SlurmCluster(nodes: 1)
        print("holds", cluster.prefix)
        fflush(nil)
        while true { pause() }
    }
}
