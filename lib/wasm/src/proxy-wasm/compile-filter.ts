import { WasmError } from '../error.ts'
import { parseModule } from '../module/parse-module.ts'
import { rewriteModule } from '../rewrite/rewrite-module.ts'
import { ENGINE } from '../wasi/engine.ts'
import { abiVersion } from './filter-exports.ts'
import type { FilterLimits } from './limits.ts'

/**
 * Compiles a filter with its limits: its memory has a maximum, and it is metered. The module can go to other threads.
 *
 * @throws {WasmError} `module` for bytes that are none, or that cannot be limited; `link` for one that is no filter
 */
export async function compileFilter(
  bytes: Uint8Array,
  { memoryBytesMax }: Pick<FilterLimits, 'memoryBytesMax'>,
): Promise<WebAssembly.Module> {
  try {
    const spec = parseModule(bytes)
    if (abiVersion(spec.exports.map(({ name }) => name)) === undefined)
      throw new WasmError('link', 'it exports no proxy_abi_version_0_1_0, _0_2_0 or _0_2_1: it is no filter')
    // As it is: what a meter adds could make valid what is not, and give a module its own meter to write to.
    if (!ENGINE.validate(bytes)) throw new WasmError('module', 'it is no valid module')
    const memoryPagesMax = Math.floor(memoryBytesMax / 65_536)
    return await ENGINE.compile(rewriteModule(spec, { isMetered: true, memoryPagesMax }))
  } catch (error) {
    throw WasmError.from(error, 'module')
  }
}
