// The module that pipelines are written with.
//
// `import Penstock` is the one import of a pipeline: it brings, beside the stages and flows of this module, the events and schemas,
// the engine's protocols for stages of one's own, and the declaration of options on the command line.

@_exported public import ArgumentParser
@_exported public import PenstockCommands
@_exported public import PenstockEngine
@_exported public import PenstockEvents
