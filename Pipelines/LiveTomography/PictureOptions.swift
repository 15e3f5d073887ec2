import Penstock
import PenstockTomography

/// What is shown of every window.
struct PictureOptions: ParsableArguments {
    @Option(help: "Folder for a picture of the middle slice of every window and its sinogram, as PNG.") var preview:
        String?
    @Option(
        help:
            "Planes along the rotation axis that --preview shows of every window, such as x:100,y:120: a column and a row of the slices."
    )
    var planes: OrthoPlanes?
    @Option(help: "Colours of the pictures.") var colours = ColourMap.grey
    @Option(help: "Size of a pixel in micrometres, for the scale bar.") var pixelSize: PixelSize?

    func validate() throws {
        guard planes == nil || preview != nil else {
            throw ValidationError("--planes says what --preview DIR shows: give both")
        }
    }
}
