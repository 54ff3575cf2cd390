/** Shapes on a 16 × 16 grid, drawn with the text's colour. */
const SHAPES = {
  map: 'M2.5 8h3M10.5 4.5l-5 3M10.5 11.5l-5-3M3.5 8a1 1 0 1 0-2 0 1 1 0 0 0 2 0M13.5 4a1.5 1.5 0 1 0-3 0 1.5 1.5 0 0 0 3 0M13.5 12a1.5 1.5 0 1 0-3 0 1.5 1.5 0 0 0 3 0',
  profiles: 'M2 2.5h12v3H2zM2 6.5h8v3H2zM2 10.5h4.5v3H2z',
  flows: 'M2 4h12M2 8h8M2 12h10',
  filters: 'M2.5 2.5h11v3l-4 4v4l-3-1.5v-2.5l-4-4z',
  off: 'M8 2v5.5M4.7 4.2a5.2 5.2 0 1 0 6.6 0',
  doctor: 'M1.5 8.5h3l1.8-5 3.2 9 1.8-4h3.2',
  record: 'M8 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7',
  download: 'M8 2.5v7.5M4.5 7 8 10.5 11.5 7M2.5 13.5h11',
  search: 'M10.2 10.2 14 14M11.5 6.75a4.75 4.75 0 1 1-9.5 0 4.75 4.75 0 0 1 9.5 0',
  close: 'M4 4l8 8M12 4l-8 8',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.2v9.6l7.5-4.8z',
  back: 'M10 3.5 5.5 8l4.5 4.5',
  forward: 'M6 3.5 10.5 8 6 12.5',
  arrow: 'M2.5 8h11M9.5 4l4 4-4 4',
  system: 'M8 2v12M8 2a6 6 0 0 1 0 12A6 6 0 0 1 8 2M8 5l4-1M8 8h6M8 11l4 1',
  light:
    'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7',
  dark: 'M13.5 9.6A5.8 5.8 0 0 1 6.4 2.5a5.8 5.8 0 1 0 7.1 7.1z',
  help: 'M6 6a2 2 0 1 1 2.9 1.8c-.6.3-.9.7-.9 1.4M8 11.6v.1M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0',
  command: 'M5 6l2 2-2 2M8.5 10.5H11M2.5 3.5h11v9h-11z',
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
  table: 'M2.5 3.5h11v9h-11zM2.5 6.5h11M6.5 6.5v6',
  plus: 'M8 3.5v9M3.5 8h9',
  minus: 'M3.5 8h9',
  fit: 'M2.5 5.5v-3h3M10.5 2.5h3v3M13.5 10.5v3h-3M5.5 13.5h-3v-3',
  tidy: 'M2.5 3h4v3h-4zM9.5 3h4v3h-4zM9.5 10h4v3h-4zM6.5 4.5h3M8 4.5v7h1.5',
  ok: 'M3 8.5l3.2 3.2L13 4.8',
  retransmits: 'M13 8a5 5 0 1 1-1.6-3.7M13 2.5v2.8h-2.8',
  resets: 'M9 1.8 4 9h4l-1 5.2L12 7H8z',
  errors: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2M8 4.8v4M8 11.1v.1',
  failures: 'M4 4l8 8M12 4l-8 8',
  worse: 'M8 2.5v7.5M8 13v.2',
  better: 'M3 8.5l3.2 3.2L13 4.8',
  more: 'M8 13.5v-11M3.5 7 8 2.5 12.5 7',
  less: 'M8 2.5v11M3.5 9 8 13.5 12.5 9',
  new: 'M8 3v10M3 8h10',
  gone: 'M3 8h10',
  same: 'M3 6h10M3 10h10',
  warning: 'M8 2 14.5 13.5h-13zM8 6.5v3M8 11.6v.1',
  skipped: 'M4 8h8',
  service: 'M8 1.8 13.4 5v6L8 14.2 2.6 11V5zM8 8l5.2-3M8 8v6M8 8 2.8 5',
  process:
    'M4.5 4.5h7v7h-7zM6.5 2v2.5M9.5 2v2.5M6.5 11.5V14M9.5 11.5V14M2 6.5h2.5M2 9.5h2.5M11.5 6.5H14M11.5 9.5H14',
  host: 'M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h.1M5 11h.1',
  address: 'M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0M2 8h12M8 2c2.2 2 2.2 10 0 12M8 2c-2.2 2-2.2 10 0 12',
  other: 'M4 8h.1M8 8h.1M12 8h.1',
} as const

export type IconName = keyof typeof SHAPES

export function iconShape(name: string): string {
  return Object.hasOwn(SHAPES, name) ? SHAPES[name as IconName] : SHAPES.other
}

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={SHAPES[name]} />
    </svg>
  )
}

export function Brand() {
  return (
    <svg class="brand" viewBox="0 0 32 32" role="img" aria-label="Quadrant">
      <path class="ink" d="M4 15A11 11 0 0 1 15 4v11z" />
      <path class="ink" opacity=".4" d="M17 4a11 11 0 0 1 11 11H17z" />
      <path class="ink" opacity=".4" d="M4 17h11v11A11 11 0 0 1 4 17z" />
      <path class="tint" d="M17 17h11a11 11 0 0 1-11 11z" />
    </svg>
  )
}
