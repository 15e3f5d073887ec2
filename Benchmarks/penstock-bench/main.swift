import PenstockTomography
import Glibc
let n = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1])! : 512
let dt = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2])! : 512
let reps = CommandLine.arguments.count > 3 ? Int(CommandLine.arguments[3])! : 20
let angles = (0..<dt).map { Double($0) * .pi / Double(dt) }
let c = Double(n)/2 + 0.3
let ph = SlicePhantom(ellipses: Ellipse.sheppLogan, radiusPixels: Double(n)/2)
let ph2 = SlicePhantom(ellipses: Ellipse.sheppLogan.map { $0.transformed(turnedByDegrees: 30, scaledBy: 0.8) }, radiusPixels: Double(n)/2)
let sa = ph.sinogram(anglesRadians: angles, columns: n, centre: c)
let sb = ph2.sinogram(anglesRadians: angles, columns: n, centre: c)
let g = try Gridrec(columns: n, anglesRadians: angles, centre: c, filter: .shepp)
var w = GridrecWorkspace(for: g)
var a = [Float](repeating: 0, count: n*n), b = a
func cpu() -> Double { var t = timespec(); clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); return Double(t.tv_sec)*1e3 + Double(t.tv_nsec)*1e-6 }
var best = 1e9
var total = 0.0
sa.withUnsafeBufferPointer { pa in sb.withUnsafeBufferPointer { pb in
 let ra = (0..<dt).map { pa.baseAddress! + $0*n }, rb = (0..<dt).map { pb.baseAddress! + $0*n }
 ra.withUnsafeBufferPointer { qa in rb.withUnsafeBufferPointer { qb in
  for _ in 0..<reps {
    let t = cpu()
    a.withUnsafeMutableBufferPointer { oa in b.withUnsafeMutableBufferPointer { ob in
      g.reconstruct(even: qa, odd: qb, into: oa.baseAddress!, ob.baseAddress!, workspace: &w) } }
    let d = cpu() - t; best = min(best, d); total += d
  } } } } }
print("ms per slice best", best/2, "mean", total/2/Double(reps))
func score(_ im: [Float], _ tr: [Float]) {
  var e = 0.0, k = 0.0, sxy = 0.0, sxx = 0.0
  for r in 0..<n { for j in 0..<n {
    let x = Double(j) - Double(n/2), y = Double(n/2 - 1) - Double(r)
    if (x*x+y*y).squareRoot() < 0.95*Double(n)/2 { let o = Double(im[r*n+j]), t = Double(tr[r*n+j]); e += (o-t)*(o-t); k += 1; sxy += o*t; sxx += t*t }
  } }
  print("rmse", (e/k).squareRoot(), "slope", sxy/sxx)
}
score(a, ph.image(size: n)); score(b, ph2.image(size: n))
