import v8 from 'node:v8'

/**
 * Sets how much stack each guest of this process has from now on: how deep its functions can call one another. About
 * 1 MB without it, of which recursive programs soon have none left; wasmtime's runner for Go has 8 MB. A guest takes
 * memory for what it uses. The stack of the host's own JavaScript stays as it is. To be called before the first guest runs,
 * whose stack may be used again as it is.
 */
export function setGuestStackBytes(bytes: number): void {
  const kibibytes = Math.ceil(bytes / 1024)
  // The smaller of the two is what a stack for a guest gets. The main stack had its size when the process began.
  v8.setFlagsFromString(`--stack-size=${kibibytes}`)
  v8.setFlagsFromString(`--wasm-stack-switching-stack-size=${kibibytes}`)
}
