import { computed } from '@preact/signals'
import type { PaletteEntry } from '../model/palette.ts'
import { formatDurationSeconds, goLive, togglePause } from '../model/time-range.ts'
import { FLAME_VIEWS, FLOW_ROWS, LEVELS, PAGES, subjectOf } from '../model/view-state.ts'
import { toggleComparison } from './compared-map.ts'
import { showFlame } from './flame-view.ts'
import { showRows } from './flow-rows.ts'
import { graph } from './live-data.ts'
import { tidyMap } from './map-positions.ts'
import { copyCommand, copyText } from './notice.ts'
import { focusFilter, overlay } from './overlays.ts'
import { theme, THEMES } from './theme.ts'
import { go, goToPage, onPageWith, view } from './view.ts'

export interface PaletteCommand extends PaletteEntry {
  readonly run: () => void
}

const WINDOWS_SECONDS = [60, 300, 900, 3600, 86_400]

/** Everything that can be gone to or done now. */
export const paletteCommands = computed<readonly PaletteCommand[]>(() => [
  ...PAGES.map(({ id, title, key }) => ({
    id: `page ${id}`,
    title,
    group: 'Page',
    keys: `g ${key}`,
    run: () => goToPage(id),
  })),
  {
    id: 'table',
    title: view.value.table ? 'Show the picture' : 'Show the table',
    group: 'View',
    keys: 't',
    run: () => go({ table: !view.peek().table }),
  },
  { id: 'copy-command', title: 'Copy the command for this view', group: 'View', keys: 'y', run: copyCommand },
  {
    id: 'copy-address',
    title: 'Copy the address of this view',
    group: 'View',
    run: () => void copyText(location.href, 'the address'),
  },
  { id: 'filter', title: 'Filter', group: 'View', keys: '/', run: () => focusFilter() },
  { id: 'live', title: 'Live', group: 'Time', keys: '.', run: () => go({ time: goLive(view.peek().time) }) },
  {
    id: 'pause',
    title: view.value.time.kind === 'live' ? 'Pause' : 'Resume',
    group: 'Time',
    keys: 'Space',
    run: () => go({ time: togglePause(view.peek().time, Date.now()) }),
  },
  {
    id: 'compare',
    title: view.value.apartSeconds > 0 ? 'Stop comparing' : 'Compare with the time before',
    group: 'Time',
    keys: 'c',
    run: toggleComparison,
  },
  ...WINDOWS_SECONDS.map((windowSeconds) => ({
    id: `last ${windowSeconds}`,
    title: `Last ${formatDurationSeconds(windowSeconds)}`,
    group: 'Time',
    run: () => go({ time: { kind: 'live', windowSeconds } }),
  })),
  ...FLAME_VIEWS.map(({ id, title }, i) => ({
    id: `flame ${id}`,
    title: `Profile: ${title.toLowerCase()}`,
    group: 'Profiles',
    keys: view.value.page === 'profiles' ? String(i + 1) : '',
    run: () => {
      goToPage('profiles')
      showFlame(id)
    },
  })),
  ...FLOW_ROWS.map(({ id, title }, i) => ({
    id: `rows ${id}`,
    title: `Flows: ${title.toLowerCase()}`,
    group: 'Flows',
    keys: view.value.page === 'flows' ? String(i + 1) : '',
    run: () => {
      goToPage('flows')
      showRows(id)
    },
  })),
  {
    id: 'sampling',
    title: 'Sampling of requests',
    group: 'Flows',
    run: () => go(onPageWith('flows', { rows: 'requests', selection: 'sampling' })),
  },
  ...LEVELS.map((level) => ({
    id: `level ${level}`,
    title: `Map by ${level}`,
    group: 'Level',
    run: () => go(onPageWith('map', { level, selection: '' })),
  })),
  { id: 'tidy', title: 'Arrange the map anew', group: 'Map', run: tidyMap },
  ...THEMES.map((value) => ({
    id: `theme ${value}`,
    title:
      value === 'system'
        ? 'Colours as the system has them'
        : `${value === 'light' ? 'Light' : 'Dark'} colours`,
    group: 'Colours',
    run: () => void (theme.value = value),
  })),
  { id: 'help', title: 'Keys', group: 'Help', keys: '?', run: () => void (overlay.value = 'help') },
  ...places(),
])

/** Nodes and edges of the map as it is. */
function places(): PaletteCommand[] {
  const map = graph.value
  if (!map) return []
  const name = (id: string) => map.nodeById.get(id)?.label ?? id
  return [
    ...map.nodes.map((node) => ({
      id: node.id,
      title: node.label,
      group: node.kind,
      run: () => go(onPageWith('map', { selection: node.id })),
    })),
    ...map.nodes
      .filter(({ id }) => subjectOf(id) !== '')
      .flatMap(({ id, label }) => [
        {
          id: `service ${id}`,
          title: `${label}: what runs inside`,
          group: 'Service',
          run: () => go(onPageWith('service', { selection: id })),
        },
        {
          id: `profile ${id}`,
          title: `${label}: where its time goes`,
          group: 'Profiles',
          run: () => go(onPageWith('profiles', { selection: id })),
        },
      ]),
    ...map.edges.map((edge) => ({
      id: `edge:${edge.id}`,
      title: `${name(edge.client)} → ${name(edge.server)}`,
      group: `edge, ${edge.port}`,
      run: () => go(onPageWith('map', { selection: `edge:${edge.id}` })),
    })),
  ]
}
