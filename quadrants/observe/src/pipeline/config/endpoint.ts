import { type Field, text } from '@quadrant/core/config'
import { PipelineCode } from './codes.ts'

/** An address with a scheme. */
export const url: Field<string> = (reader, place, name) => {
  const value = text(reader, place, name)
  if (value === '') return value
  const parsed = URL.parse(value)
  if (parsed && (parsed.protocol === 'http:' || parsed.protocol === 'https:') && parsed.hostname !== '')
    return value
  const withScheme = /^[\w.-]+:\d+$/.test(value) ? `http://${value}` : 'http://127.0.0.1:4318'
  reader.wrong(
    PipelineCode.wrongValue,
    place,
    `\`${name}\` is an http:// or https:// address`,
    `${name}: ${withScheme}`,
  )
  return ''
}
