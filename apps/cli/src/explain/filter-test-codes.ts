import type { Explanation } from './explanation.ts'

/** What can be wrong with a file of cases, and with what comes of one (`quadrant filter test`). */
export const FILTER_TEST_EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  FTEST001: {
    title: 'the text is no YAML',
    text: 'The parser stopped here: a bracket or a quote that is not closed, the same key twice, a tab as indentation.',
  },
  FTEST002: {
    title: 'a key that is not there',
    text: 'The key is not one of this section; the fix names the nearest one.',
  },
  FTEST003: {
    title: 'a kind that is not there',
    text: 'One of a few kinds is meant; the message has them all.',
  },
  FTEST004: {
    title: 'a value that does not fit',
    text: 'A number out of range, a duration without a unit (200ms, 5s), a list where one value belongs, or the like.',
  },
  FTEST005: { title: 'something is missing', text: 'Each case has a name.' },
  FTEST006: { title: 'a name that is not declared', text: 'It is used here and nowhere declared.' },
  FTEST007: { title: 'something has no effect', text: 'It is read, and changes nothing.' },
  FTEST008: {
    title: 'a variable of the environment is not there',
    text: 'Cases end alike wherever they run: they read no variables. Write $$ for a dollar sign before a brace.',
  },
  FTEST009: { title: 'too much', text: 'A section has more entries than any file should.' },
  FTEST010: { title: 'an address that others reach', text: 'It is not on loopback.' },
  FTEST100: {
    title: 'something was expected that did not come',
    text: `The message says what came. Under \`expect\`, headers are those that have to be there among others, absent those that must
not, and what is not said may be as it is. What the filter logged stands below; a filter that is over says why, and with
\`expect: { crash: REASON }\` that is what was expected.`,
  },
}
