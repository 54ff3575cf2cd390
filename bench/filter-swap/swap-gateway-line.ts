/** What the gateway of this benchmark is asked. */
export type SwapGatewayLine =
  | {
      /** Compile and begin this filter, and have it serve under its name from now on. */
      readonly kind: 'swap'
      readonly name: string
      readonly file: string
      readonly rootId: string
      /** Files of the same version are the same. */
      readonly version: number
      /** Whether to ask the worker if it serves. */
      readonly isReported: boolean
    }
  | { readonly kind: 'memory' }

export interface SwapAnswer {
  readonly compileMs: number
  /** From the moment that the module was compiled until all threads have the new version serve. */
  readonly swapMs: number
}

/** The filter that all requests pass. */
export const LISTENER_FILTER = 'hello'
