import { about, type Field, list, object, shaped, text } from '@quadrant/core/config'
import { headerName } from './value-fields.ts'
import type { HeaderValueSpec } from './route-spec.ts'

const headerValues: Field<readonly HeaderValueSpec[]> = shaped(
  { type: 'a mapping of header names and values', fallback: '{}' },
  (reader, place, name) => {
    const values = reader.entries(place, `\`${name}\``).map(({ key, keyPlace, value }) => {
      const made = { name: key.toLowerCase(), value: text(reader, value, key) }
      reader.remember(made, keyPlace)
      reader.remember(made, value, 'value')
      return made
    })
    reader.remember(values, place)
    return values
  },
)

/** Fields that are taken off, set and added. */
export const headerEdit = object('header changes', {
  remove: about('Taken off.', list(headerName)),
  set: about('Instead of those with the same name. Values may have [operators](#operators).', headerValues),
  add: about('Besides those with the same name.', headerValues),
})
