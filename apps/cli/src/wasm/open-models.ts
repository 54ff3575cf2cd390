import type { InferenceGrants, InferenceOptions, OpenInference } from './inference.ts'

/** Most programs have no models, and need not wait for what they take. @throws {CliError} where one cannot be loaded */
export async function openModels(
  grants: InferenceGrants | undefined,
  options: InferenceOptions,
): Promise<OpenInference | undefined> {
  if (grants === undefined) return undefined
  const { cannotLoad, ModelError, openInference } = await import('./inference.ts')
  try {
    return await openInference(grants, options)
  } catch (error) {
    throw error instanceof ModelError ? cannotLoad(error) : error
  }
}
