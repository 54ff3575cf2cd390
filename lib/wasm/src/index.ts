export { WasmError, type WasmErrorCode } from './error.ts'
export { inspectModule } from './inspect/inspect-module.ts'
export type { Capability, ModuleAbi, ModuleReport, Producer } from './inspect/module-report.ts'
export type { Limits, ModuleExport } from './module/module-spec.ts'
export { SchemaCode } from './schema/code.ts'
export { compareSchemas, type SchemaComparison } from './schema/compare-schemas.ts'
export type { SchemaFile } from './schema/declarations.ts'
export {
  GENERATED_MARK,
  generateSchema,
  type GeneratedFile,
  type GenerateOptions,
  type SchemaLanguage,
} from './schema/generate.ts'
export { parseSchema } from './schema/parse-schema.ts'
export { SCHEMA_LENGTH_MAX } from './schema/tokens.ts'
export type { Surroundings } from './wasi/clocks.ts'
export { runCommand } from './wasi/command.ts'
export type { CommandOptions, CommandResult, Preopen } from './wasi/command-options.ts'
export { compileCommand, type CompileOptions } from './wasi/compile.ts'
export { Errno, WasiError } from './wasi/errno.ts'
export type { DirectoryHandle, FileHandle, FileStat, FileTimes, OpenOptions } from './wasi/fs/file-system.ts'
export { hostDirectory } from './wasi/fs/host-directory.ts'
export { memoryDirectory, type MemoryFileSystemOptions } from './wasi/fs/memory-file-system.ts'
export type { HostCall, HostCallArgument, HostModule, OpenHostModule } from './wasi/host-module.ts'
export { bytesInput, CollectedOutput } from './wasi/io/buffers.ts'
export type { ByteInput, ByteOutput, Connection, Listener } from './wasi/io/byte-stream.ts'
export { PreparedCommand, type PrepareOptions, type RunOptions } from './wasi/prepared-command.ts'
export { ResidentProgram, type ResidentCounts, type ResidentOptions } from './wasi/resident-program.ts'
export { StreamInput, StreamOutput } from './wasi/io/node-stream.ts'
export { SocketListener, type SocketListenerOptions } from './wasi/io/socket.ts'
export { MACHINE_NETWORK, type AddressFamily, type GuestNetwork } from './wasi/net/guest-network.ts'
export { networkModule, type NetworkModuleOptions } from './wasi/net/network-module.ts'
export { parseNetworkRule, type HostPattern, type NetworkRule } from './wasi/net/network-rule.ts'
export { GuestProcess, type KillReason } from './wasi/process.ts'
export { Signal } from './wasi/signal.ts'
export { setGuestStackBytes } from './wasi/guest-stack.ts'
export { GuestThread, runCommandInThread } from './wasi/thread/guest-thread.ts'
export type {
  ThreadGrants,
  ThreadModule,
  ThreadOptions,
  ThreadPreopen,
} from './wasi/thread/thread-options.ts'
export type { GuestFrame } from './wasi/trap.ts'
