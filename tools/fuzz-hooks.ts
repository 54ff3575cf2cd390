// Loaded before the tests by tools/fuzz.ts: gives them tools/fuzz-fast-check.ts where they import fast-check.
import { registerHooks } from 'node:module'

const REPLACEMENT = new URL('./fuzz-fast-check.ts', import.meta.url).href

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (specifier === 'fast-check' && context.parentURL !== REPLACEMENT)
      return { url: REPLACEMENT, shortCircuit: true }
    return nextResolve(specifier, context)
  },
})
