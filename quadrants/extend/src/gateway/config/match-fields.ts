import {
  about,
  bool,
  type ConfigReader,
  type Field,
  list,
  mapped,
  number,
  object,
  optional,
  type Place,
  shaped,
  text,
} from '@quadrant/core/config'
import { onlyOne } from './choice.ts'
import { GatewayCode } from './codes.ts'
import type { HeaderMatch, PathMatch, QueryMatch, RouteMatchSpec } from './route-spec.ts'
import type { TextMatch } from './text-match.ts'
import { headerName, path, textLike } from './value-fields.ts'

const TEXT_KINDS = ['exact', 'prefix', 'suffix', 'contains', 'regex'] as const

const textKinds = {
  exact: about('Is this.', optional(text)),
  prefix: about('Begins with this.', optional(text)),
  suffix: about('Ends with this.', optional(text)),
  contains: about('Has this in it.', optional(text)),
  regex: about('All of it matches this [pattern](#patterns).', optional(text)),
  ignore_case: about(
    'Capital letters and small ones are the same. Not for `regex`: write `(?i)`.',
    bool(false),
  ),
}

type TextRead = Readonly<Record<(typeof TEXT_KINDS)[number], string | undefined>> & {
  readonly ignore_case: boolean
}

function madeTextMatch(read: TextRead, kind: (typeof TEXT_KINDS)[number]): TextMatch {
  const value = read[kind] ?? ''
  return kind === 'regex' ? { kind, pattern: value } : { kind, value, ignoreCase: read.ignore_case }
}

/** What a text has to be like. */
export const textMatch: Field<TextMatch> = mapped(object('a match', textKinds), (read, reader, place) =>
  madeTextMatch(read, onlyOne(reader, place, 'a match', read, TEXT_KINDS) ?? 'exact'),
)

const range = object('range', {
  start: about('The least.', number({ default: 0, min: -1e15, max: 1e15 })),
  end: about('More than the most.', number({ default: 0, min: -1e15, max: 1e15 })),
})

const headerMatch: Field<HeaderMatch> = mapped(
  object('a header match', {
    name: about('Of the header.', headerName),
    ...textKinds,
    range: about('Is a whole number in this range.', optional(range)),
    present: about('Is there, whatever it says.', optional(bool(true))),
    invert: about('Matches where it otherwise would not.', bool(false)),
  }),
  (read, reader, place) => {
    const kind = onlyOne(reader, place, 'a header match', read, [...TEXT_KINDS, 'range', 'present'])
    const value =
      kind === undefined || kind === 'present'
        ? undefined
        : kind === 'range'
          ? { kind, start: read.range?.start ?? 0, end: read.range?.end ?? 0 }
          : madeTextMatch(read, kind)
    return { name: read.name, value, isInverted: read.invert !== (read.present === false) }
  },
)

const queryMatch: Field<QueryMatch> = mapped(
  object('a query match', {
    name: about('Of the parameter.', text),
    ...textKinds,
    present: about('Is there, whatever it says.', optional(bool(true))),
  }),
  (read, reader, place) => {
    const kind = onlyOne(reader, place, 'a query match', read, [...TEXT_KINDS, 'present'])
    if (read.present === false)
      reader.wrong(
        GatewayCode.wrongValue,
        reader.recall(read, 'present') ?? place,
        'a parameter can only be asked to be there',
        'present: true',
      )
    return {
      name: read.name,
      value: kind === undefined || kind === 'present' ? undefined : madeTextMatch(read, kind),
    }
  },
)

const method = textLike('a method in capital letters', /^[A-Z][A-Z-]{0,31}$/, 'GET')

const routeMatchFields = object('match', {
  path: about('The path is this.', optional(path)),
  prefix: about('The path begins with this.', optional(path)),
  regex: about('All of the path matches this [pattern](#patterns).', optional(text)),
  segment: about('`prefix` ends where a segment does: `/shop` does not have `/shopping`.', bool(true)),
  ignore_case: about(
    'Capital letters and small ones of the path are the same. Not for `regex`.',
    bool(false),
  ),
  methods: about('One of them. None: any.', list(method)),
  headers: about('All of them fit.', list(headerMatch)),
  query: about('All of them fit.', list(queryMatch)),
})

/** Which requests a route has. */
export const routeMatch: Field<RouteMatchSpec> = shaped(
  { ...routeMatchFields.shape, type: 'a mapping', isRequired: true },
  mapped(routeMatchFields, (read, reader, place) => ({
    path: pathMatch(read, reader, place),
    isCaseSensitive: !read.ignore_case,
    methods: read.methods,
    headers: read.headers,
    query: read.query,
  })),
)

function pathMatch(read: ReturnType<typeof routeMatchFields>, reader: ConfigReader, place: Place): PathMatch {
  switch (onlyOne(reader, place, 'match', read, ['path', 'prefix', 'regex'])) {
    case 'path':
      return { kind: 'exact', path: read.path ?? '/' }
    case 'regex':
      return { kind: 'regex', pattern: read.regex ?? '' }
    case 'prefix':
    case undefined:
      return { kind: 'prefix', path: read.prefix ?? '/', isSegment: read.segment }
  }
}
