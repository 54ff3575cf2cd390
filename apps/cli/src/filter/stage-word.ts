import { ReleaseStage } from '@quadrant/proto'

const WORDS: Readonly<Record<number, string>> = {
  [ReleaseStage.VERIFIED]: 'verified',
  [ReleaseStage.RECEIVED]: 'received',
  [ReleaseStage.COMPILED]: 'compiled',
  [ReleaseStage.WARMED]: 'warmed',
  [ReleaseStage.SERVING]: 'serving',
  [ReleaseStage.REFUSED]: 'refused',
  [ReleaseStage.ROLLED_BACK]: 'rolled back',
}

/** How far a gateway is, in a word. */
export function stageWord(stage: ReleaseStage): string {
  return WORDS[stage] ?? 'unknown'
}
