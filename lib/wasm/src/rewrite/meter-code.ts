import { ModuleReader } from '../module/module-reader.ts'
import { importedCount, type FunctionType, type ModuleSpec } from '../module/module-spec.ts'
import { BranchHints } from './branch-hints.ts'
import { ByteWriter } from './byte-writer.ts'
import type { MeterIndices } from './fuel-code.ts'
import { FunctionMeter } from './meter-function.ts'
import { FunctionScan } from './function-scan.ts'
import type { BlockTypes } from './block-types.ts'

export interface MeteredCode {
  /** The content of the code section. */
  readonly code: Uint8Array
  /** The content of a custom section with hints for the compiler. */
  readonly hints: Uint8Array
}

/** The code section of a module with meters. @throws {WasmError} `module` */
export function meterCode(
  spec: ModuleSpec,
  types: readonly FunctionType[],
  blocks: BlockTypes,
  indices: MeterIndices,
): MeteredCode {
  const hints = new BranchHints()
  const firstIndex = importedCount(spec, 'function')
  const { bytes, bodies, functionTypes } = spec
  const scan = new FunctionScan()
  const body = new ByteWriter(1 << 16)
  const meter = new FunctionMeter(bytes, body, indices)
  const size = bodies.reduce((sum, { start, end }) => sum + end - start, 0)
  const out = new ByteWriter(size * 2)
  out.u32(bodies.length)
  for (const [index, range] of bodies.entries()) {
    const reader = new ModuleReader(bytes, range.start, range.end)
    const type = types[functionTypes[index] ?? types.length]
    if (type === undefined) return reader.fail('a function has a type that is not there')
    scan.scan(reader)
    body.clear()
    meter.write(range, scan, {
      paramCount: type.paramCount,
      resultBlockType: blocks.of(type),
    })
    out.u32(body.length)
    out.append(body.finish())
    hints.addUnlikely(firstIndex + index, meter.unlikely)
  }
  return { code: out.finish(), hints: hints.finish() }
}
