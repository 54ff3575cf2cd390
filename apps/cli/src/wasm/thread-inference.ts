import type { HostModule } from '@quadrant/wasm'
import { openInference, type InferenceGrants } from './inference.ts'

/** What a guest that has a thread of its own infers with; it is made there, and is gone with the thread. */
export default async function openModule(grants: InferenceGrants): Promise<HostModule> {
  return (await openInference(grants, { canBringModels: true })).module
}
