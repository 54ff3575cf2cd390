import type { Explanation } from './explanation.ts'

/** What can be wrong with a schema, and with a change of one (`quadrant schema diff`). */
export const SCHEMA_EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  SCHEMA001: {
    title: "the text is no Cap'n Proto schema, or no Go",
    text: `Reading stopped here; the message says what was expected. The language is described at
https://capnproto.org/language.html. A file needs an id: \`capnp id\` prints one.`,
  },
  SCHEMA002: {
    title: 'a name is not declared, or declared twice',
    text: 'A name is looked for in the struct where it is used, then in those around it, then in the file.',
  },
  SCHEMA003: {
    title: 'numbers of members are not 0, 1, 2 and so on',
    text: `Fields of a struct, with those of its groups and unions, count from @0 without a gap, as enumerants do. A field that
is not needed any more keeps its number: rename it.`,
  },
  SCHEMA004: {
    title: 'something that is not read, or not generated',
    text: `Of schemas: types of imported files and generic types. Annotations of imported files are passed over, so they can
stay. \`schema gen\` does not generate unions, AnyPointer, and defaults of texts, data, lists and structs. Of Go: channels,
functions, interfaces, pointers to something else than structs, structs without a name, generic types, and types that are
declared in other files or packages, but for time.Duration, Month and Weekday.`,
  },
  SCHEMA005: {
    title: 'a schema is too large',
    text: 'At most 1,048,576 characters, 10,000 types, 64 levels of nesting, 65,535 members and 16 aliases of aliases.',
  },
  SCHEMA010: {
    title: 'a field or enumerant is gone',
    text: `Old programs send it still, and its number would be given to another one. Keep it under another name:
\`priceObsolete @4 :Int32\`.`,
  },
  SCHEMA011: {
    title: 'a field has another type',
    text: `The bytes of old messages would be read as something else. Only List(T) may become a list of structs whose @0 is
such a T (not of Bool). Otherwise add a field with the next number.`,
  },
  SCHEMA012: {
    title: 'a default changed',
    text: `Messages have fields XORed with their defaults: another default is another value for each message that was written
before.`,
  },
  SCHEMA013: {
    title: 'fields came into a group or union, or out of it',
    text: `Members of a union lie at the same place. One old field may become a member of a new union or group, all others of
which are new; nothing leaves a union or comes into one that was there.`,
  },
  SCHEMA014: {
    title: 'a type is gone',
    text: `The id of a type is made of its name and that of what is around it. A type that has another name or place now needs
the id that it had, written behind its name; the fix has it.`,
  },
  SCHEMA015: {
    title: 'a member has the number of another one',
    text: 'Numbers say where a member lies, names do not. Members can stand in any order, each with the number that it had.',
  },
  SCHEMA016: {
    title: 'an id changed',
    text: 'Ids say which type is meant. That of a file makes those of its types, unless they have their own.',
  },
  SCHEMA017: {
    title: 'methods are not compared',
    text: 'Only what lies in messages is. Nothing is wrong with the interface.',
  },
}
