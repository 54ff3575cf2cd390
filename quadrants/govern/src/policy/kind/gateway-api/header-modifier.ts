import { list, object, optional, required } from '../../schema/declare.ts'
import { text } from '../../schema/declare.ts'
import { headerName, headerValue } from '../names.ts'

const header = object('a header', {
  name: required('Of the header, in any case.', headerName),
  value: required('What it says then.', headerValue),
})
const headers = list(header, { max: 16, keys: ['name'] })

/** `HTTPHeaderFilter` of Gateway API. */
export const headerModifier = object('a header modifier', {
  set: optional('Headers that are there afterwards, and say this.', headers),
  add: optional('Headers that are added to those with the same name.', headers),
  remove: optional(
    'Headers that are gone afterwards.',
    list(text({ what: 'the name of a header', lengthMax: 256 }), { max: 16, isSet: true }),
  ),
})
