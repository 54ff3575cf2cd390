import { choice, defaulted, list, object, optional, required, text } from '../schema/declare.ts'
import type { ReadOf } from '../schema/schema.ts'
import { headerName, headerValue, method } from './names.ts'

const PATH_CHARACTERS = /^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+$/
const NOT_IN_PATHS = ['//', '/./', '/../', '%2f', '%2F', '#'] as const
const NOT_AT_END = ['/..', '/.'] as const

interface PathRead {
  readonly type: string
  readonly value: string
}

const isPattern = ({ type }: PathRead) => type === 'RegularExpression'
const PLAIN = "self.type in ['Exact', 'PathPrefix']"
const atValue = () => ['value']

const pathRule = (message: string, fix: string, cel: string, holds: (value: string) => boolean) => ({
  code: 'wrongForm' as const,
  message,
  fix,
  cel: `(${PLAIN}) ? ${cel} : true`,
  holds: (path: PathRead) => isPattern(path) || holds(path.value),
  at: atValue,
})

/** `HTTPPathMatch` of Gateway API. */
export const pathMatch = object(
  'a path match',
  {
    type: defaulted(
      'How the path is compared: `PathPrefix` ends where a segment does, `/shop` does not have `/shopping`.',
      choice(['Exact', 'PathPrefix', 'RegularExpression']),
      'PathPrefix',
    ),
    value: defaulted('What the path is compared with.', text({ what: 'a path', lengthMax: 1024 }), '/'),
  },
  {
    rules: [
      pathRule('a path begins with `/`', 'write / in front', "self.value.startsWith('/')", (value) =>
        value.startsWith('/'),
      ),
      ...NOT_IN_PATHS.map((part) =>
        pathRule(
          `a path has no \`${part}\` in it`,
          `remove ${part}`,
          `!self.value.contains('${part}')`,
          (value) => !value.includes(part),
        ),
      ),
      ...NOT_AT_END.map((part) =>
        pathRule(
          `a path does not end with \`${part}\``,
          `remove ${part}`,
          `!self.value.endsWith('${part}')`,
          (value) => !value.endsWith(part),
        ),
      ),
      pathRule(
        'a path has characters of RFC 3986 alone',
        'write others as %XX',
        `self.value.matches(r"""${PATH_CHARACTERS.source.replaceAll('\\/', '/')}""")`,
        (value) =>
          value === '' || !value.startsWith('/') || value.includes('#') || PATH_CHARACTERS.test(value),
      ),
    ],
  },
)

const matchType = choice(['Exact', 'RegularExpression'])

/** `HTTPHeaderMatch` of Gateway API. */
export const headerMatch = object('a header match', {
  type: defaulted('How the value is compared.', matchType, 'Exact'),
  name: required('Of the header, in any case.', headerName),
  value: required('What the value is compared with.', headerValue),
})

/** `HTTPQueryParamMatch` of Gateway API. */
const queryParamMatch = object('a query match', {
  type: defaulted('How the value is compared.', matchType, 'Exact'),
  name: required('Of the parameter.', headerName),
  value: required(
    'What the value is compared with.',
    text({ what: 'a value', lengthMin: 1, lengthMax: 1024 }),
  ),
})

/** `HTTPRouteMatch` of Gateway API: all of it fits. */
export const httpMatch = object('a match', {
  path: defaulted('What the path is like.', pathMatch, { type: 'PathPrefix', value: '/' }),
  headers: optional('Each of them fits.', list(headerMatch, { max: 16, keys: ['name'] })),
  queryParams: optional('Each of them fits.', list(queryParamMatch, { max: 16, keys: ['name'] })),
  method: optional('The method is this.', method),
})
export type HttpMatch = ReadOf<typeof httpMatch>

/** Of policies: without matches all requests are meant. */
export const httpMatches = list(httpMatch, { max: 64 })
