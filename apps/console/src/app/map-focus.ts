import { computed, signal } from '@preact/signals'
import type { MapFocus } from '../model/map-walk.ts'
import { graph } from './live-data.ts'
import { view } from './view.ts'

/** What the keyboard stands on in the map: the one stop of the tab key. */
export const mapFocus = signal<MapFocus | undefined>(undefined)

/** What the pointer is over. */
export const mapHover = signal<string>('')

/** Ids that stand out because a node that is theirs is pointed at; undefined where nothing is. */
export const mapLit = computed<ReadonlySet<string> | undefined>(() => {
  const id = mapHover.value
  const map = graph.value
  if (!map?.nodeById.has(id)) return undefined
  const lit = new Set([id])
  for (const edge of map.edges)
    if (edge.client === id || edge.server === id) {
      lit.add(`edge:${edge.id}`)
      lit.add(edge.client)
      lit.add(edge.server)
    }
  return lit
})

export const selectedId = computed(() => view.value.selection)
