// What the author of a pipeline imports: `import Penstock` brings the stages, the command line and the events.
@_exported public import ArgumentParser
@_exported public import PenstockCommands
@_exported public import PenstockEngine
@_exported public import PenstockEvents
