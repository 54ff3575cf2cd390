import type { EncodedResource } from './encoded-resource.ts'
import { SelectionMemo } from './selection.ts'
import type { TypeCache } from './type-cache.ts'

/** What has become of a name. */
export interface Change {
  readonly name: string
  readonly former: EncodedResource | undefined
  readonly now: EncodedResource | undefined
}

/** What has changed at once of names that somebody watches. */
export class ChangeBatch {
  readonly changes: ReadonlyMap<string, Change>
  /** What they are, in the bytes that go to all who had everything before. */
  readonly selection: SelectionMemo
  /** Whether all of it is something new for everyone: nothing is gone, and no view has a part in it. */
  readonly isPlain: boolean

  constructor(cache: TypeCache, changes: readonly Change[]) {
    this.changes = new Map(changes.map((change) => [change.name, change]))
    this.selection = new SelectionMemo(cache, this.changes.keys().toArray())
    this.isPlain = changes.every(
      ({ former, now }) =>
        now !== undefined &&
        now.view === undefined &&
        former?.view === undefined &&
        now.version !== former?.version,
    )
  }
}
